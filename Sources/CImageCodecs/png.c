#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "image.h"

typedef struct decoder {
  png_structp png;
  png_infop info;
  const uint8_t *bytes;
  size_t left;
  int ended;           // the bytes ran out
  uint8_t *samples;    // rows as stored: one of them, or all when they are interlaced
  png_bytepp rows;     // pointers to them
  char message[200];

  // How a row of samples becomes RGB.
  int color_type, bit_depth;
  int flatten;
  uint8_t palette[256][4];
  int has_key;         // one colour is transparent
  uint8_t key[3];
} decoder;

static void leave(png_structp png, png_const_charp message) {
  decoder *self = png_get_error_ptr(png);
  snprintf(self->message, sizeof self->message, "%s", message);
  longjmp(png_jmpbuf(png), 1);
}

static void ignore_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void read_bytes(png_structp png, png_bytep target, size_t count) {
  decoder *self = png_get_io_ptr(png);
  if (count > self->left) {
    self->ended = 1;
    png_error(png, "it ends too early");
  }
  memcpy(target, self->bytes, count);
  self->bytes += count;
  self->left -= count;
}

static inline void put(
    const decoder *self, uint8_t *rgb, uint8_t *alpha, uint8_t r, uint8_t g, uint8_t b, uint8_t a) {
  if (!self->flatten) {
    rgb[0] = r, rgb[1] = g, rgb[2] = b;
    if (alpha != NULL) *alpha = a;
    return;
  }
  if (self->has_key && r == self->key[0] && g == self->key[1] && b == self->key[2]) a = 0;
  const uint8_t rgba[4] = {r, g, b, a};
  image_over_white(rgba, rgb);
}

/// One row of stored samples, a byte or two each, to RGB, and to the plane where there is one. Greys of 16 bits clip as
/// Pillow's do; colours keep their high byte.
static void put_row(const decoder *self, const uint8_t *in, image *out, size_t row) {
  const size_t width = out->width;
  uint8_t *rgb = out->pixels + row * width * 3;
  uint8_t *alpha = out->mode == image_mode_alpha ? out->plane + row * width : NULL;
  const size_t step = alpha != NULL;
  if (out->mode == image_mode_gray16) {
    uint16_t *wide_row = (uint16_t *)out->plane + row * width;
    for (size_t x = 0; x < width; x++) wide_row[x] = (uint16_t)(in[2 * x] << 8 | in[2 * x + 1]);
  }
  const int wide = self->bit_depth == 16;
  switch (self->color_type) {
    case PNG_COLOR_TYPE_GRAY: {
      const int scale = self->bit_depth < 8 ? 255 / ((1 << self->bit_depth) - 1) : 1;
      for (size_t x = 0; x < width; x++, rgb += 3) {
        const uint8_t v = wide ? (in[2 * x] != 0 ? 255 : in[2 * x + 1]) : (uint8_t)(in[x] * scale);
        put(self, rgb, NULL, v, v, v, 255);
      }
      break;
    }
    case PNG_COLOR_TYPE_PALETTE:
      for (size_t x = 0; x < width; x++, rgb += 3) {
        const uint8_t *entry = self->palette[in[x]];
        put(self, rgb, NULL, entry[0], entry[1], entry[2], entry[3]);
      }
      break;
    case PNG_COLOR_TYPE_GRAY_ALPHA:
      for (size_t x = 0; x < width; x++, rgb += 3, alpha += step, in += wide ? 4 : 2) {
        put(self, rgb, alpha, in[0], in[0], in[0], in[wide ? 2 : 1]);
      }
      break;
    case PNG_COLOR_TYPE_RGB:
      if (!wide && !self->flatten) {
        memcpy(rgb, in, width * 3);
        break;
      }
      for (size_t x = 0; x < width; x++, rgb += 3, in += wide ? 6 : 3) {
        put(self, rgb, NULL, in[0], in[wide ? 2 : 1], in[wide ? 4 : 2], 255);
      }
      break;
    default:
      for (size_t x = 0; x < width; x++, rgb += 3, alpha += step, in += wide ? 8 : 4) {
        put(self, rgb, alpha, in[0], in[wide ? 2 : 1], in[wide ? 4 : 2], in[wide ? 6 : 3]);
      }
      break;
  }
}

/// Palette and transparency, with Pillow's reading of them: an index past the palette is black, and the transparent
/// colour is compared by its low byte after the samples were widened.
static void read_colors(decoder *self) {
  for (int i = 0; i < 256; i++) self->palette[i][3] = 255;
  png_colorp colors = NULL;
  int count = 0;
  if (png_get_PLTE(self->png, self->info, &colors, &count)) {
    for (int i = 0; i < count && i < 256; i++) {
      self->palette[i][0] = colors[i].red;
      self->palette[i][1] = colors[i].green;
      self->palette[i][2] = colors[i].blue;
    }
  }
  png_bytep alphas = NULL;
  png_color_16p key = NULL;
  int alpha_count = 0;
  if (!png_get_tRNS(self->png, self->info, &alphas, &alpha_count, &key)) {
    if (!(self->color_type & PNG_COLOR_MASK_ALPHA)) self->flatten = 0;
    return;
  }
  if (self->color_type == PNG_COLOR_TYPE_PALETTE) {
    for (int i = 0; i < alpha_count && i < 256; i++) self->palette[i][3] = alphas[i];
  } else if (key != NULL && !(self->color_type & PNG_COLOR_MASK_ALPHA)) {
    self->has_key = 1;
    if (self->color_type == PNG_COLOR_TYPE_GRAY) {
      const uint8_t gray = self->bit_depth == 1 ? (key->gray != 0 ? 255 : 0) : (uint8_t)key->gray;
      memset(self->key, gray, 3);
    } else {
      self->key[0] = (uint8_t)key->red;
      self->key[1] = (uint8_t)key->green;
      self->key[2] = (uint8_t)key->blue;
    }
  }
}

/// Prepares what the mode of a file needs beside the pixels; they are Pillow's modes.
static image_status prepare_mode(const decoder *self, image *out) {
  switch (self->color_type) {
    case PNG_COLOR_TYPE_GRAY:
      if (self->bit_depth == 16) return image_allocate_plane(out, image_mode_gray16);
      if (self->bit_depth == 1) out->mode = image_mode_chosen;
      return image_ok;
    case PNG_COLOR_TYPE_PALETTE:
      out->mode = image_mode_chosen;
      return image_set_palette(out, self->palette);
    case PNG_COLOR_TYPE_GRAY_ALPHA:
    case PNG_COLOR_TYPE_RGB_ALPHA: return image_allocate_plane(out, image_mode_alpha);
    default: return image_ok;
  }
}

/// Runs under the jump buffer: libpng's errors end in `image_decode_png`.
static image_status read_image(
    decoder *self, uint64_t pixel_limit, image_conversion conversion, image *out) {
  png_structp png = self->png;
  png_set_read_fn(png, self, read_bytes);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);  // no profiles, no texts
  png_read_info(png, self->info);

  const image_status allocated = image_allocate(
      out, png_get_image_width(png, self->info), png_get_image_height(png, self->info), pixel_limit);
  if (allocated != image_ok) return allocated;
  self->color_type = png_get_color_type(png, self->info);
  self->bit_depth = png_get_bit_depth(png, self->info);
  read_colors(self);
  if (conversion == image_as_stored) {
    const image_status prepared = prepare_mode(self, out);
    if (prepared != image_ok) return prepared;
  }

  if (self->bit_depth < 8) png_set_packing(png);
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, self->info);
  const size_t row_bytes = png_get_rowbytes(png, self->info);
  const size_t height = out->height;
  if (passes == 1) {
    self->samples = malloc(row_bytes);
    if (self->samples == NULL) return image_out_of_memory;
    for (size_t y = 0; y < height; y++) {
      png_read_row(png, self->samples, NULL);
      put_row(self, self->samples, out, y);
    }
    return image_ok;
  }
  // A lying header costs no more than its rows: calloc's pages come into being when they are written.
  self->samples = calloc(height, row_bytes);
  self->rows = calloc(height, sizeof *self->rows);
  if (self->samples == NULL || self->rows == NULL) return image_out_of_memory;
  for (size_t y = 0; y < height; y++) self->rows[y] = self->samples + y * row_bytes;
  png_read_image(png, self->rows);
  for (size_t y = 0; y < height; y++) put_row(self, self->rows[y], out, y);
  return image_ok;
}

image_status image_decode_png(
    const uint8_t *bytes, size_t count, uint64_t pixel_limit, image_conversion conversion, image *out) {
  *out = (image){0};
  decoder *self = calloc(1, sizeof *self);
  if (self == NULL) return image_fail(out, image_out_of_memory, "");
  self->bytes = bytes;
  self->left = count;
  self->flatten = conversion == image_to_rgb_over_white;
  image_status status = image_out_of_memory;
  self->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, self, leave, ignore_warning);
  if (self->png != NULL) {
    self->info = png_create_info_struct(self->png);
    if (self->info != NULL) {
      if (setjmp(png_jmpbuf(self->png)) == 0) {
        status = read_image(self, pixel_limit, conversion, out);
        if (status != image_ok) image_free(out);
      } else {
        status = image_fail(out, self->ended ? image_truncated : image_damaged, self->message);
      }
    }
    png_destroy_read_struct(&self->png, &self->info, NULL);
  }
  free(self->rows);
  free(self->samples);
  free(self);
  return status;
}
