#include <stdlib.h>
#include <string.h>

#include "image.h"

// Windows and OS/2 bitmaps, read as Pillow's BmpImagePlugin reads them.

enum { raw = 0, rle8 = 1, rle4 = 2, bitfields = 3 };

typedef struct bitmap {
  const uint8_t *bytes;
  size_t count;
  size_t at;  // of the pixels
  int bits, compression, upward;
  uint32_t masks[4];  // red, green, blue, alpha
  uint8_t colors[256][4];
  int gray;  // a number is its own grey
} bitmap;

static uint32_t integer(const bitmap *self, size_t at, size_t width) {
  uint32_t value = 0;
  for (size_t i = 0; i < width; i++) {
    if (at + i < self->count) value |= (uint32_t)self->bytes[at + i] << (8 * i);
  }
  return value;
}

static int has_masks(const bitmap *self, uint32_t r, uint32_t g, uint32_t b, uint32_t a) {
  const uint32_t *m = self->masks;
  return m[0] == r && m[1] == g && m[2] == b && m[3] == a;
}

/// The places of red, green, blue and alpha among the four bytes of a pixel, -1 for no alpha; 0 where they are unknown.
static int layout(const bitmap *self, int places[4]) {
  static const struct {
    uint32_t masks[4];
    int places[4];
  } known[] = {
      {{0xFF0000, 0xFF00, 0xFF, 0}, {2, 1, 0, -1}},
      {{0xFF000000, 0xFF0000, 0xFF00, 0}, {3, 2, 1, -1}},
      {{0xFF000000, 0xFF00, 0xFF, 0}, {3, 1, 0, -1}},
      {{0xFF000000, 0xFF0000, 0xFF00, 0xFF}, {3, 2, 1, 0}},
      {{0xFF, 0xFF00, 0xFF0000, 0xFF000000}, {0, 1, 2, 3}},
      {{0xFF0000, 0xFF00, 0xFF, 0xFF000000}, {2, 1, 0, 3}},
      {{0xFF000000, 0xFF00, 0xFF, 0xFF0000}, {3, 1, 0, 2}},
      {{0, 0, 0, 0}, {2, 1, 0, 3}},
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    const uint32_t *m = known[i].masks;
    if (!has_masks(self, m[0], m[1], m[2], m[3])) continue;
    memcpy(places, known[i].places, sizeof known[i].places);
    return 1;
  }
  return 0;
}

static image_status read_header(bitmap *self, uint64_t pixel_limit, image *out) {
  if (self->count < 26) return image_fail(out, image_truncated, "");
  const uint32_t header = integer(self, 14, 4);
  uint32_t width, height, colors = 0;
  size_t padding = 4, palette = 14 + (size_t)header;
  self->at = integer(self, 10, 4);
  self->upward = 1;
  if (header == 12) {
    width = integer(self, 18, 2);
    height = integer(self, 20, 2);
    self->bits = (int)integer(self, 24, 2);
    padding = 3;
  } else if (header == 40 || header == 52 || header == 56 || header == 64 || header == 108 || header == 124) {
    if (self->count < 14 + (size_t)header) return image_fail(out, image_truncated, "");
    width = integer(self, 18, 4);
    height = integer(self, 22, 4);
    if (height > INT32_MAX) {
      height = 0u - height;
      self->upward = 0;
    }
    self->bits = (int)integer(self, 28, 2);
    self->compression = (int)integer(self, 30, 4);
    colors = integer(self, 46, 4);
    if (self->compression == bitfields) {
      for (int i = 0; i < 3; i++) self->masks[i] = integer(self, 54 + 4 * (size_t)i, 4);
      if (header >= 56) self->masks[3] = integer(self, 66, 4);
      if (header == 40) palette += 12;
    }
  } else {
    return image_fail(out, image_unsupported, "a header of an unknown length");
  }
  if (self->compression < raw || self->compression > bitfields) {
    return image_fail(out, image_unsupported, "a compression other than run lengths");
  }
  const int bits = self->bits;
  const int has_palette = bits == 1 || bits == 4 || bits == 8;
  if (!has_palette && bits != 16 && bits != 24 && bits != 32) {
    return image_fail(out, image_unsupported, "an unusual number of bits a pixel");
  }
  if ((self->compression == rle8 && bits != 8) || (self->compression == rle4 && bits != 4) ||
      (self->compression == bitfields && has_palette)) {
    return image_fail(out, image_damaged, "its compression does not go with its bits a pixel");
  }
  if (has_palette) {
    if (colors == 0) colors = 1u << bits;
    if (colors > 65536) return image_fail(out, image_damaged, "its palette is too long");
    if (self->at == 14 + (size_t)header) self->at += padding * colors;
    self->gray = bits != 4;
    for (uint32_t i = 0; i < colors && i < 256; i++) {
      const uint32_t color = integer(self, palette + padding * i, 3);
      const uint32_t own = bits == 1 ? 255 * i : i;
      self->colors[i][0] = (uint8_t)(color >> 16);
      self->colors[i][1] = (uint8_t)(color >> 8);
      self->colors[i][2] = (uint8_t)color;
      self->gray &= color == own * 0x010101;
    }
  }
  // Where the header does not say, the pixels follow.
  if (self->at == 0) self->at = palette + (has_palette ? padding * colors : 0);
  return image_allocate(out, width, height, pixel_limit);
}

/// The run lengths, as a number a pixel; Pillow's reading of them.
static image_status unpack(const bitmap *self, uint8_t *numbers, size_t width, size_t total) {
  size_t at = self->at, done = 0, x = 0;
  while (done < total) {
    if (at + 2 > self->count) return image_truncated;
    size_t run = self->bytes[at];
    const uint8_t value = self->bytes[at + 1];
    at += 2;
    if (run > 0) {
      if (x + run > width) run = width > x ? width - x : 0;
      if (run > total - done) run = total - done;
      for (size_t i = 0; i < run; i++) {
        numbers[done++] = self->compression == rle8 ? value : i % 2 == 0 ? value >> 4 : value & 15;
      }
      x += run;
    } else if (value == 0) {
      while (done % width != 0) numbers[done++] = 0;
      x = 0;
    } else if (value == 1) {
      return image_truncated;  // the end, and Pillow makes up no pixels
    } else if (value == 2) {
      if (at + 2 > self->count) return image_truncated;
      const size_t skip = self->bytes[at] + self->bytes[at + 1] * width;
      done += skip < total - done ? skip : total - done;
      x = done % width;
      at += 2;
    } else {
      const size_t length = value < total - done ? value : total - done;
      const size_t taken = self->compression == rle8 ? length : (length + 1) / 2;
      if (taken > self->count - at) return image_truncated;
      for (size_t i = 0; i < length; i++) {
        const uint8_t byte = self->bytes[at + (self->compression == rle8 ? i : i / 2)];
        numbers[done++] = self->compression == rle8 ? byte : i % 2 == 0 ? byte >> 4 : byte & 15;
      }
      x += value;
      at += taken;
      if (at % 2 != 0) at += 1;
    }
  }
  return image_ok;
}

static void put_number(const bitmap *self, uint8_t number, uint8_t *rgb) {
  memcpy(rgb, self->colors[number], 3);
}

static image_status read_rows(const bitmap *self, const uint8_t *numbers, const int places[4],
                                image_conversion conversion, image *out) {
  const size_t width = out->width, height = out->height;
  const size_t stride = (width * (size_t)self->bits + 31) / 32 * 4;
  if (numbers == NULL && (self->at > self->count || (self->count - self->at) / stride < height)) {
    return image_fail(out, image_truncated, "");
  }
  const uint32_t wide_green = self->bits == 16 && self->compression == bitfields && self->masks[1] == 0x7E0;
  for (size_t y = 0; y < height; y++) {
    const size_t row = self->upward ? height - 1 - y : y;
    uint8_t *rgb = out->pixels + row * width * 3;
    const uint8_t *in = numbers == NULL ? self->bytes + self->at + y * stride : numbers + y * width;
    for (size_t x = 0; x < width; x++, rgb += 3) {
      switch (numbers != NULL ? 8 : self->bits) {
        case 1: put_number(self, in[x / 8] >> (7 - x % 8) & 1, rgb); break;
        case 4: put_number(self, in[x / 2] >> (x % 2 == 0 ? 4 : 0) & 15, rgb); break;
        case 8: put_number(self, in[x], rgb); break;
        case 16: {
          const uint32_t pixel = (uint32_t)in[2 * x] | (uint32_t)in[2 * x + 1] << 8;
          rgb[0] = (uint8_t)((pixel >> (wide_green ? 11 : 10) & 31) * 255 / 31);
          rgb[1] = (uint8_t)(wide_green ? (pixel >> 5 & 63) * 255 / 63 : (pixel >> 5 & 31) * 255 / 31);
          rgb[2] = (uint8_t)((pixel & 31) * 255 / 31);
          break;
        }
        case 24: rgb[0] = in[3 * x + 2], rgb[1] = in[3 * x + 1], rgb[2] = in[3 * x]; break;
        default: {
          const uint8_t *pixel = in + 4 * x;
          const uint8_t rgba[4] = {
              pixel[places[0]], pixel[places[1]], pixel[places[2]], places[3] < 0 ? 255 : pixel[places[3]]};
          if (conversion == image_to_rgb_over_white) {
            image_over_white(rgba, rgb);
          } else {
            memcpy(rgb, rgba, 3);
            if (out->mode == image_mode_alpha) out->plane[row * width + x] = rgba[3];
          }
        }
      }
    }
  }
  return image_ok;
}

image_status image_decode_bmp(
    const uint8_t *bytes, size_t count, uint64_t pixel_limit, image_conversion conversion, image *out) {
  *out = (image){0};
  bitmap self = {.bytes = bytes, .count = count};
  image_status status = read_header(&self, pixel_limit, out);
  if (status != image_ok) return status;
  int places[4] = {2, 1, 0, -1};
  if (self.compression == bitfields) {
    const int known = self.bits == 32   ? layout(&self, places)
                      : self.bits == 24 ? has_masks(&self, 0xFF0000, 0xFF00, 0xFF, self.masks[3])
                                        : has_masks(&self, 0xF800, 0x7E0, 0x1F, self.masks[3]) ||
                                              has_masks(&self, 0x7C00, 0x3E0, 0x1F, self.masks[3]);
    if (!known) return image_fail(out, image_unsupported, "an unusual layout of its colours");
  }
  if (conversion == image_as_stored) {
    if (self.bits == 1 || (self.bits <= 8 && !self.gray)) {
      out->mode = image_mode_chosen;
      if (!self.gray) status = image_set_palette(out, self.colors);
    } else if (self.bits == 32 && places[3] >= 0) {
      status = image_allocate_plane(out, image_mode_alpha);
    }
    if (status != image_ok) return status;
  }
  uint8_t *numbers = NULL;
  if (self.compression == rle8 || self.compression == rle4) {
    const size_t total = (size_t)out->width * out->height;
    numbers = calloc(total, 1);
    if (numbers == NULL) return image_fail(out, image_out_of_memory, "");
    status = unpack(&self, numbers, out->width, total);
    if (status != image_ok) {
      free(numbers);
      return image_fail(out, status, "");
    }
  }
  status = read_rows(&self, numbers, places, conversion, out);
  free(numbers);
  return status;
}
