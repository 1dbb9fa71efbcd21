import CImageCodecs
package import Files

extension ImageFormat {
  /// The package of Debian with the library that this format is decoded with; nil where it is built in.
  package var libraryPackage: String? {
    switch self {
    case .jpeg, .png, .webp, .bmp: nil
    case .gif: "libgif7"
    case .tiff: "libtiff6"
    case .avif, .heic: "libheif1"
    }
  }

  /// Whether images of this format can be decoded on this machine.
  package var isReadable: Bool {
    switch self {
    case .jpeg, .png, .webp, .bmp: true
    case .gif: image_has_gif() != 0
    case .tiff: image_has_tiff() != 0
    case .avif, .heic: image_has_heif() != 0
    }
  }
}
