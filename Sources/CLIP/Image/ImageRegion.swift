public import Foundation

/// An image file, or a rectangle of it.
public struct ImageRegion: Sendable, Hashable {
  /// A rectangle in pixels of the decoded image. What lies outside the image is black, as with Pillow's `crop`.
  public struct Box: Sendable, Hashable {
    /// The left column.
    public var x: Int
    /// The top row.
    public var y: Int
    /// Columns.
    public var width: Int
    /// Rows.
    public var height: Int

    /// Creates a rectangle.
    public init(x: Int, y: Int, width: Int, height: Int) {
      self.x = x
      self.y = y
      self.width = width
      self.height = height
    }
  }

  /// The file.
  public var url: URL
  /// The rectangle; nil for the whole image.
  public var box: Box?

  /// Creates a region.
  public init(_ url: URL, box: Box? = nil) {
    self.url = url
    self.box = box
  }
}
