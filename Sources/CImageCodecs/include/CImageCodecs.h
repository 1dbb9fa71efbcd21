/// Images in memory to 8-bit RGB, and the two passes of Pillow's resampling.
///
/// libjpeg, libpng and libwebp are linked. giflib, libtiff and libheif are opened when the first image of theirs comes,
/// through prototypes that have been stable for years: no header of theirs is needed to build.
///
/// Everything that the libraries signal by a jump or a callback ends here: a call returns a status
/// and, for people, a message. No function keeps memory after a status other than `image_ok`.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// How a call ended.
typedef enum image_status {
  image_ok = 0,
  /// The bytes end before the image does.
  image_truncated = 1,
  /// The bytes break the rules of their format; the message says how.
  image_damaged = 2,
  /// The format is right and the flavour is one that is not read; the message says which.
  image_unsupported = 3,
  /// Width × height is over the limit; both are filled in, no memory was taken.
  image_too_large = 4,
  image_out_of_memory = 5,
  /// The library that decodes the format is not on this machine.
  image_no_library = 6,
} image_status;

/// What a decoder makes of colours.
typedef enum image_conversion {
  /// RGB; the alpha channel and the transparent colour are dropped, as Pillow's `convert("RGB")` does.
  image_to_rgb = 0,
  /// RGB; the image is laid over white, with the rounding of Pillow's `alpha_composite`.
  image_to_rgb_over_white = 1,
  /// The mode in which Pillow opens the file, for those who resize before they convert.
  image_as_stored = 2,
} image_conversion;

/// What the pixels of an image are; another than RGB is only asked for with `image_as_stored`.
typedef enum image_mode {
  /// RGB, or greys as RGB: resizing and converting give the same in either order.
  image_mode_rgb = 0,
  /// RGB of a palette or of black and white (`P`, `1`), whose pixels are chosen and never mixed.
  image_mode_chosen = 1,
  /// RGB, and alpha in the plane (`RGBA`, `LA`).
  image_mode_alpha = 2,
  /// Cyan, magenta and yellow, and black in the plane; 255 is full ink (`CMYK`).
  image_mode_inks = 3,
  /// Greys of 16 bits in the plane, two bytes each in this machine's order; the pixels are these, clipped (`I;16`).
  image_mode_gray16 = 4,
  /// A palette whose pixels have an alpha of their own (`PA`): Pillow loses the palette when it resizes them.
  image_mode_palette_alpha = 5,
} image_mode;

/// A decoded image: `height × width × 3` bytes that belong to the caller.
typedef struct image {
  uint32_t width;
  uint32_t height;
  uint8_t *pixels;
  image_mode mode;
  /// `height × width` values beside the pixels, where the mode has them.
  uint8_t *plane;
  /// 256 colours of three bytes, where there is a palette.
  uint8_t *palette;
  /// What went wrong, in English, without the file's name; empty when nothing did.
  char message[200];
} image;

/// The bytes of a value of the plane.
static inline size_t image_plane_width(image_mode mode) { return mode == image_mode_gray16 ? 2 : 1; }

/// Cyan, magenta and yellow of a pixel with its black, to RGB with Pillow's rounding.
static inline void image_inks_to_rgb(const uint8_t *inks, uint8_t black, uint8_t *rgb) {
  const int32_t light = 255 - black;
  for (int c = 0; c < 3; c++) {
    const int32_t product = inks[c] * light + 128;
    const int32_t value = light - (((product >> 8) + product) >> 8);
    rgb[c] = (uint8_t)(value < 0 ? 0 : value);
  }
}

/// Multiplies three channels by alpha, rounded as Pillow's `RGBA` → `RGBa` does. `rgb` may be `out`.
void image_multiply_alpha(const uint8_t *rgb, const uint8_t *alpha, size_t pixels, uint8_t *out);

/// Divides three channels by alpha, rounded as Pillow's `RGBa` → `RGBA` does; `alpha` has one value for `stride`.
void image_divide_alpha(uint8_t *rgb, const uint8_t *alpha, size_t stride, size_t pixels);

/// Frees what belongs to an image; may be called twice.
void image_free(image *image);

/// Decodes a JPEG as Pillow does: accurate integer DCT, smooth chroma upsampling, four components inverted.
///
/// With a least side of more than 0 the image may come at a half, a quarter or an eighth of its size, with the longer side
/// no shorter than that.
image_status image_decode_jpeg(
    const uint8_t *bytes, size_t count, uint64_t pixel_limit, uint32_t least_side,
    image_conversion conversion, image *out);

/// Encodes `height × width × 3` bytes of RGB as a JPEG without metadata; the bytes are for `free`.
image_status image_encode_jpeg(
    const uint8_t *pixels, uint32_t width, uint32_t height, int quality, uint8_t **out, size_t *out_count);

/// Decodes a PNG; samples of 16 bits become 8 in Pillow's ways (greys clip, colours keep the high byte).
image_status image_decode_png(
    const uint8_t *bytes, size_t count, uint64_t pixel_limit, image_conversion conversion, image *out);

/// Decodes a WebP; of an animation the first frame.
image_status image_decode_webp(
    const uint8_t *bytes, size_t count, uint64_t pixel_limit, image_conversion conversion, image *out);

/// Decodes a Windows or OS/2 bitmap.
image_status image_decode_bmp(
    const uint8_t *bytes, size_t count, uint64_t pixel_limit, image_conversion conversion, image *out);

/// Decodes the first frame of a GIF through giflib, which is looked for when the first one comes.
image_status image_decode_gif(
    const uint8_t *bytes, size_t count, uint64_t pixel_limit, image_conversion conversion, image *out);

/// Decodes the first page of a TIFF through libtiff, as stored: its orientation is not applied.
image_status image_decode_tiff(
    const uint8_t *bytes, size_t count, uint64_t pixel_limit, image_conversion conversion, image *out);

/// Decodes the primary image of an AVIF or HEIC file through libheif, turned and mirrored as it says if `turns`.
image_status image_decode_heif(
    const uint8_t *bytes, size_t count, uint64_t pixel_limit, image_conversion conversion, int turns,
    image *out);

/// Whether giflib, libtiff and libheif are on this machine.
int image_has_gif(void);
int image_has_tiff(void);
int image_has_heif(void);

/// One pass's weights: for output `i`, inputs `bounds[2i]` ..< `bounds[2i] + bounds[2i + 1]` are multiplied by
/// `weights[i * stride]` and on, which are fixed-point with 22 fractional bits.
typedef struct resampling_weights {
  const int32_t *bounds;
  const int32_t *weights;
  size_t stride;
  size_t outputs;
} resampling_weights;

/// Which build of the loops runs; both give the same bytes.
typedef enum resampling_build {
  /// The one for this processor.
  resampling_build_native = 0,
  /// The one for any processor.
  resampling_build_portable = 1,
} resampling_build;

/// Resamples `rows` rows of RGB pixels in width; `first` and `columns` name the input columns that any output needs.
/// Writes `rows × weights->outputs × 3` bytes. Returns 0, or -1 when there is no memory for a few rows.
int resample_width(
    const uint8_t *input, size_t input_row_bytes, size_t rows, size_t first, size_t columns,
    const resampling_weights *weights, resampling_build build, uint8_t *output);

/// Resamples the first `row_bytes` bytes of rows in height; `input_row_bytes` lie between the rows of `input`, one
/// after the other are those of `output`.
void resample_height(
    const uint8_t *input, size_t input_row_bytes, size_t row_bytes, const resampling_weights *weights,
    resampling_build build, uint8_t *output);
