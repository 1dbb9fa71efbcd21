/// Pictures in memory to 8-bit RGB, and the two passes of Pillow's resampling.
///
/// Everything that libjpeg, libpng and libwebp signal by a jump or a callback ends here: a call returns a status
/// and, for people, a message. No function keeps memory after a status other than `picture_ok`.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// How a call ended.
typedef enum picture_status {
  picture_ok = 0,
  /// The bytes end before the picture does.
  picture_truncated = 1,
  /// The bytes break the rules of their format; the message says how.
  picture_damaged = 2,
  /// The format is right and the flavour is one that is not read; the message says which.
  picture_unsupported = 3,
  /// Width × height is over the limit; both are filled in, no memory was taken.
  picture_too_large = 4,
  picture_out_of_memory = 5,
} picture_status;

/// What becomes of transparency.
typedef enum picture_transparency {
  /// The alpha channel and the transparent colour are dropped, as Pillow's `convert("RGB")` does.
  picture_transparency_dropped = 0,
  /// The picture is laid over white, with the rounding of Pillow's `alpha_composite`.
  picture_transparency_over_white = 1,
} picture_transparency;

/// A decoded picture: `height × width × 3` bytes that belong to the caller.
typedef struct picture {
  uint32_t width;
  uint32_t height;
  uint8_t *pixels;
  /// What went wrong, in English, without the file's name; empty when nothing did.
  char message[200];
} picture;

/// Frees the pixels of a picture; may be called twice.
void picture_free(picture *picture);

/// Decodes a JPEG as Pillow does: accurate integer DCT, smooth chroma upsampling, four components inverted.
picture_status picture_decode_jpeg(const uint8_t *bytes, size_t count, uint64_t pixel_limit, picture *out);

/// Decodes a PNG; samples of 16 bits become 8 in Pillow's ways (greys clip, colours keep the high byte).
picture_status picture_decode_png(
    const uint8_t *bytes, size_t count, uint64_t pixel_limit, picture_transparency transparency, picture *out);

/// Decodes a WebP; of an animation the first frame.
picture_status picture_decode_webp(
    const uint8_t *bytes, size_t count, uint64_t pixel_limit, picture_transparency transparency, picture *out);

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
