#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"
#include "image.h"

// From libtiff's header: the binary interface of version 4 (2011 and since).

typedef int64_t tiff_size;

enum {
  tag_width = 256,
  tag_height = 257,
  tag_bits = 258,
  tag_compression = 259,
  tag_photometric = 262,
  tag_orientation = 274,
  tag_samples = 277,
  tag_planes = 284,
  tag_colors = 320,
  tag_tile_width = 322,
  tag_tile_height = 323,
  tag_extra = 338,
  tag_format = 339,
  tag_jpeg_colors = 65538,
  tag_rows = 278,
};

enum { photometric_palette = 3 };

static struct {
  int loaded;
  void *(*open)(
      const char *, const char *, void *, tiff_size (*)(void *, void *, tiff_size),
      tiff_size (*)(void *, void *, tiff_size), uint64_t (*)(void *, uint64_t, int), int (*)(void *),
      uint64_t (*)(void *), int (*)(void *, void **, uint64_t *), void (*)(void *, void *, uint64_t));
  void (*close)(void *);
  int (*get)(void *, uint32_t, ...);
  int (*get_default)(void *, uint32_t, ...);
  int (*set)(void *, uint32_t, ...);
  int (*is_tiled)(void *);
  tiff_size (*strip_size)(void *);
  tiff_size (*tile_size)(void *);
  tiff_size (*scanline_size)(void *);
  tiff_size (*tile_row_size)(void *);
  uint32_t (*strip)(void *, uint32_t, uint16_t);
  uint32_t (*tile)(void *, uint32_t, uint32_t, uint32_t, uint16_t);
  tiff_size (*read_strip)(void *, uint32_t, void *, tiff_size);
  tiff_size (*read_tile)(void *, uint32_t, void *, tiff_size);
  int (*read_rgba)(void *, uint32_t, uint32_t, uint32_t *, int, int);
  void *(*on_error)(void *);
  void *(*on_warning)(void *);
} tiff;

static void load(void) {
  static const char *const names[] = {"libtiff.so.6", "libtiff.so.5", "libtiff.6.dylib", "libtiff.dylib", NULL};
  void *library = image_open_library(names);
  if (library == NULL) return;
  tiff.loaded = IMAGE_FIND(library, tiff, open, "TIFFClientOpen") &&
                IMAGE_FIND(library, tiff, close, "TIFFClose") && IMAGE_FIND(library, tiff, get, "TIFFGetField") &&
                IMAGE_FIND(library, tiff, get_default, "TIFFGetFieldDefaulted") &&
                IMAGE_FIND(library, tiff, set, "TIFFSetField") &&
                IMAGE_FIND(library, tiff, is_tiled, "TIFFIsTiled") &&
                IMAGE_FIND(library, tiff, strip_size, "TIFFStripSize") &&
                IMAGE_FIND(library, tiff, tile_size, "TIFFTileSize") &&
                IMAGE_FIND(library, tiff, scanline_size, "TIFFScanlineSize") &&
                IMAGE_FIND(library, tiff, tile_row_size, "TIFFTileRowSize") &&
                IMAGE_FIND(library, tiff, strip, "TIFFComputeStrip") &&
                IMAGE_FIND(library, tiff, tile, "TIFFComputeTile") &&
                IMAGE_FIND(library, tiff, read_strip, "TIFFReadEncodedStrip") &&
                IMAGE_FIND(library, tiff, read_tile, "TIFFReadEncodedTile") &&
                IMAGE_FIND(library, tiff, read_rgba, "TIFFReadRGBAImageOriented") &&
                IMAGE_FIND(library, tiff, on_error, "TIFFSetErrorHandler") &&
                IMAGE_FIND(library, tiff, on_warning, "TIFFSetWarningHandler");
  if (!tiff.loaded) return;
  // What goes wrong is told by the status; nothing is printed.
  tiff.on_error(NULL);
  tiff.on_warning(NULL);
}

int image_has_tiff(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return tiff.loaded;
}

typedef struct source {
  const uint8_t *bytes;
  uint64_t count, at;
} source;

static tiff_size source_read(void *user, void *target, tiff_size count) {
  source *self = user;
  const uint64_t left = self->at < self->count ? self->count - self->at : 0;
  const uint64_t step = count < 0 ? 0 : (uint64_t)count < left ? (uint64_t)count : left;
  memcpy(target, self->bytes + (step > 0 ? self->at : 0), step);
  self->at += step;
  return (tiff_size)step;
}

static tiff_size source_write(void *user, void *bytes, tiff_size count) {
  (void)user, (void)bytes, (void)count;
  return -1;
}

static uint64_t source_seek(void *user, uint64_t offset, int whence) {
  source *self = user;
  self->at = offset + (whence == SEEK_CUR ? self->at : whence == SEEK_END ? self->count : 0);
  return self->at;
}

static int source_close(void *user) {
  (void)user;
  return 0;
}

static uint64_t source_size(void *user) { return ((source *)user)->count; }

static int source_map(void *user, void **base, uint64_t *size) {
  (void)user, (void)base, (void)size;
  return 0;
}

static void source_unmap(void *user, void *base, uint64_t size) { (void)user, (void)base, (void)size; }

/// The modes of Pillow that are read.
typedef enum kind {
  kind_none,
  kind_bilevel,
  kind_gray,
  kind_gray16,
  kind_gray_alpha,
  kind_rgb,
  kind_rgba,
  kind_premultiplied,
  kind_palette,
  kind_palette_alpha,
  kind_inks,
} kind;

typedef struct decoder {
  void *file;
  uint16_t bits, samples, photometric, planes, compression;
  uint16_t used;  // the samples that the kind looks at
  kind kind;
  image_conversion conversion;
  uint8_t colors[256][4];
} decoder;

/// What a file is to Pillow, by its table of layouts.
static kind kind_of(decoder *self) {
  void *file = self->file;
  uint16_t format = 1, extra_count = 0, *extra = NULL;
  tiff.get_default(file, tag_format, &format);
  if (!tiff.get(file, tag_extra, &extra_count, &extra)) extra_count = 0;
  const int first = extra_count > 0 && extra != NULL ? extra[0] : -1;
  const int narrow = self->bits == 8, wide = self->bits == 16;
  const int small = self->bits == 1 || self->bits == 2 || self->bits == 4;
  if (format != 1 || self->samples == 0 || self->samples > 6) return kind_none;
  switch (self->photometric) {
    case 0:
    case 1:
      self->used = 1;
      if (self->samples == 1 && self->bits == 1) return kind_bilevel;
      if (self->samples == 1 && (narrow || small)) return kind_gray;
      if (self->samples == 1 && wide) return kind_gray16;
      if (self->samples != 2 || !narrow || self->photometric == 0) return kind_none;
      if (first == 0) return kind_gray;
      self->used = 2;
      return first == 2 ? kind_gray_alpha : kind_none;
    case 2:
      self->used = 3;
      if (!narrow && !wide) return kind_none;
      if (self->samples == 3 || (self->samples > 3 && first == 0)) return kind_rgb;
      if (self->samples < 4) return kind_none;
      self->used = 4;
      return first == 1 ? kind_premultiplied : first == -1 || first == 2 || first == 999 ? kind_rgba : kind_none;
    case 3:
      self->used = 1;
      if (self->samples == 1 && (narrow || small)) return kind_palette;
      if (self->samples != 2 || !narrow) return kind_none;
      if (first == 0) return kind_palette;
      self->used = 2;
      return first == 2 ? kind_palette_alpha : kind_none;
    case 5:
      self->used = 4;
      return (narrow || wide) && (self->samples == 4 || (self->samples > 4 && first == 0)) ? kind_inks : kind_none;
    default: return kind_none;
  }
}

static image_status prepare_mode(const decoder *self, image *out) {
  image_status status = image_ok;
  switch (self->kind) {
    case kind_bilevel: out->mode = image_mode_chosen; break;
    case kind_palette:
      out->mode = image_mode_chosen;
      status = image_set_palette(out, self->colors);
      break;
    case kind_palette_alpha:
      out->mode = image_mode_palette_alpha;
      status = image_set_palette(out, self->colors);
      break;
    case kind_gray16: status = image_allocate_plane(out, image_mode_gray16); break;
    case kind_gray_alpha:
    case kind_rgba:
    case kind_premultiplied: status = image_allocate_plane(out, image_mode_alpha); break;
    case kind_inks: status = image_allocate_plane(out, image_mode_inks); break;
    default: break;
  }
  return status;
}

static void put_rgba(const decoder *self, const uint8_t *rgba, image *out, size_t place) {
  if (self->conversion == image_to_rgb_over_white) {
    image_over_white(rgba, out->pixels + 3 * place);
    return;
  }
  memcpy(out->pixels + 3 * place, rgba, 3);
  if (out->mode == image_mode_alpha) out->plane[place] = rgba[3];
}

/// One pixel of samples that are 16 bits wide where the file's are, else 8.
static void put(const decoder *self, const uint16_t *in, image *out, size_t place) {
  uint8_t *rgb = out->pixels + 3 * place;
  const int shift = self->bits == 16 ? 8 : 0;
  switch (self->kind) {
    case kind_bilevel:
    case kind_gray: {
      const uint8_t scaled = (uint8_t)(in[0] * (255 / ((1 << self->bits) - 1)));
      memset(rgb, self->photometric == 0 ? 255 - scaled : scaled, 3);
      break;
    }
    case kind_gray16:
      memset(rgb, in[0] > 255 ? 255 : in[0], 3);
      if (out->mode == image_mode_gray16) ((uint16_t *)out->plane)[place] = in[0];
      break;
    case kind_gray_alpha: {
      const uint8_t gray = (uint8_t)in[0];
      const uint8_t rgba[4] = {gray, gray, gray, (uint8_t)in[1]};
      put_rgba(self, rgba, out, place);
      break;
    }
    case kind_rgb:
      for (int c = 0; c < 3; c++) rgb[c] = (uint8_t)(in[c] >> shift);
      break;
    case kind_rgba:
    case kind_premultiplied: {
      uint8_t rgba[4];
      for (int c = 0; c < 4; c++) rgba[c] = (uint8_t)(in[c] >> shift);
      for (int c = 0; c < 3 && self->kind == kind_premultiplied && rgba[3] != 255; c++) {
        const uint32_t value = rgba[3] == 0 ? 0 : rgba[c] * 255u / rgba[3];
        rgba[c] = (uint8_t)(value > 255 ? 255 : value);
      }
      put_rgba(self, rgba, out, place);
      break;
    }
    case kind_palette:
    case kind_palette_alpha: {
      uint8_t rgba[4];
      memcpy(rgba, self->colors[in[0] & 255], 4);
      if (self->kind == kind_palette_alpha) rgba[3] = (uint8_t)in[1];
      put_rgba(self, rgba, out, place);
      break;
    }
    case kind_inks: {
      uint8_t inks[4];
      for (int c = 0; c < 4; c++) inks[c] = (uint8_t)(in[c] >> shift);
      if (out->mode == image_mode_inks) {
        memcpy(rgb, inks, 3);
        out->plane[place] = inks[3];
      } else {
        image_inks_to_rgb(inks, inks[3], rgb);
      }
      break;
    }
    default: break;
  }
}

static uint16_t sample(const uint8_t *row, int bits, size_t index) {
  if (bits == 8) return row[index];
  if (bits == 16) {
    uint16_t value;  // libtiff gives this machine's order
    memcpy(&value, row + 2 * index, 2);
    return value;
  }
  const size_t bit = index * (size_t)bits;
  return (uint16_t)(row[bit / 8] >> (8 - (size_t)bits - bit % 8) & ((1 << bits) - 1));
}

/// Reads strips or tiles, with all planes of one, and puts their pixels.
static image_status read_parts(decoder *self, uint64_t pixel_limit, image *out) {
  void *file = self->file;
  const int tiled = tiff.is_tiled(file);
  uint32_t part_width = out->width, part_height = out->height;
  if (tiled) {
    if (!tiff.get(file, tag_tile_width, &part_width) || !tiff.get(file, tag_tile_height, &part_height)) {
      return image_fail(out, image_damaged, "its tiles have no size");
    }
  } else {
    tiff.get_default(file, tag_rows, &part_height);
    if (part_height > out->height) part_height = out->height;
  }
  const uint64_t part = (uint64_t)part_width * part_height;
  if (part == 0 || (part > pixel_limit && part > 1 << 24)) {
    return image_fail(out, image_damaged, "its tiles have an absurd size");
  }
  const tiff_size size = tiled ? tiff.tile_size(file) : tiff.strip_size(file);
  const tiff_size row_size = tiled ? tiff.tile_row_size(file) : tiff.scanline_size(file);
  const int separate = self->planes == 2 && self->samples > 1;
  const size_t in_row = separate ? 1 : self->samples;
  const uint64_t needed = ((uint64_t)part_width * in_row * self->bits + 7) / 8;
  if (size <= 0 || row_size <= 0 || (uint64_t)row_size < needed ||
      (uint64_t)size < (uint64_t)row_size * part_height) {
    return image_fail(out, image_damaged, "its rows have another length than its pixels");
  }
  const uint16_t buffers = separate ? self->used : 1;
  uint8_t *memory = calloc(buffers, (size_t)size);
  if (memory == NULL) return image_fail(out, image_out_of_memory, "");
  image_status status = image_ok;
  for (uint64_t top = 0; status == image_ok && top < out->height; top += part_height) {
    for (uint64_t left = 0; status == image_ok && left < out->width; left += part_width) {
      for (uint16_t plane = 0; plane < buffers; plane++) {
        uint8_t *buffer = memory + (size_t)plane * (size_t)size;
        const uint32_t x = (uint32_t)left, y = (uint32_t)top;
        const tiff_size read = tiled ? tiff.read_tile(file, tiff.tile(file, x, y, 0, plane), buffer, size)
                                     : tiff.read_strip(file, tiff.strip(file, y, plane), buffer, size);
        if (read < 0) status = image_fail(out, image_damaged, "its data are cut short or cannot be decompressed");
      }
      const uint64_t bottom = top + part_height < out->height ? top + part_height : out->height;
      const uint64_t right = left + part_width < out->width ? left + part_width : out->width;
      for (uint64_t y = top; status == image_ok && y < bottom; y++) {
        const uint8_t *row = memory + (size_t)(y - top) * (size_t)row_size;
        for (uint64_t x = left; x < right; x++) {
          uint16_t samples[4];
          for (uint16_t s = 0; s < self->used; s++) {
            const uint8_t *from = separate ? row + (size_t)s * (size_t)size : row;
            samples[s] = sample(from, self->bits, separate ? x - left : (x - left) * self->samples + s);
          }
          put(self, samples, out, (size_t)(y * out->width + x));
        }
      }
    }
  }
  free(memory);
  return status;
}

/// Colours of another kind, through libtiff's own conversion.
static image_status read_converted(decoder *self, image *out) {
  const size_t pixels = (size_t)out->width * out->height;
  uint32_t *raster = calloc(pixels, sizeof *raster);
  if (raster == NULL) return image_fail(out, image_out_of_memory, "");
  tiff.set(self->file, tag_orientation, 1);  // turning is not its part
  image_status status = image_ok;
  if (tiff.read_rgba(self->file, out->width, out->height, raster, 1, 1)) {
    for (size_t i = 0; i < pixels; i++) {
      for (int c = 0; c < 3; c++) out->pixels[3 * i + (size_t)c] = (uint8_t)(raster[i] >> (8 * c));
    }
  } else {
    status = image_fail(out, image_damaged, "its data are cut short or cannot be decompressed");
  }
  free(raster);
  return status;
}

static uint64_t integer(const source *self, uint64_t at, int width) {
  const int little = self->bytes[0] == 'I';
  uint64_t value = 0;
  for (int i = 0; i < width && at < self->count && self->count - at >= (uint64_t)width; i++) {
    value = value << 8 | self->bytes[at + (uint64_t)(little ? width - 1 - i : i)];
  }
  return value;
}

/// The photometric interpretation in the first directory of a file that libtiff has opened. Where libtiff cannot read a
/// palette it calls the image grey.
static uint64_t stored_photometric(const source *self) {
  const int big = integer(self, 2, 2) == 43;  // BigTIFF
  const uint64_t start = big ? integer(self, 8, 8) : integer(self, 4, 4);
  const uint64_t count = integer(self, start, big ? 8 : 2);
  uint64_t at = start + (big ? 8 : 2);
  for (uint64_t i = 0; i < count && at < self->count; i++, at += big ? 20 : 12) {
    if (integer(self, at, 2) == tag_photometric) return integer(self, at + (big ? 12 : 8), 2);
  }
  return 0;
}

static image_status read_image(decoder *self, const source *bytes, uint64_t pixel_limit, image *out) {
  void *file = self->file;
  uint32_t width = 0, height = 0;
  if (!tiff.get(file, tag_width, &width) || !tiff.get(file, tag_height, &height)) {
    return image_fail(out, image_damaged, "it has no size");
  }
  image_status status = image_allocate(out, width, height, pixel_limit);
  if (status != image_ok) return status;
  tiff.get_default(file, tag_bits, &self->bits);
  tiff.get_default(file, tag_samples, &self->samples);
  tiff.get_default(file, tag_planes, &self->planes);
  tiff.get_default(file, tag_compression, &self->compression);
  if (!tiff.get(file, tag_photometric, &self->photometric)) self->photometric = 0;
  if (self->photometric == 6 && self->samples == 3 && self->bits == 8) {
    if (self->compression != 7 || self->planes == 2) return read_converted(self, out);
    tiff.set(file, tag_jpeg_colors, 1);
    self->photometric = 2;
  }
  if (self->photometric != photometric_palette && stored_photometric(bytes) == photometric_palette) {
    return image_fail(out, image_damaged, "its palette is cut off or damaged");
  }
  self->kind = kind_of(self);
  if (self->kind == kind_none) {
    char message[120];
    snprintf(message, sizeof message, "%u samples of %u bits, photometric interpretation %u", self->samples,
             self->bits, self->photometric);
    return image_fail(out, image_unsupported, message);
  }
  for (int i = 0; i < 256; i++) self->colors[i][3] = 255;
  if (self->kind == kind_palette || self->kind == kind_palette_alpha) {
    uint16_t *channels[3] = {NULL, NULL, NULL};
    if (!tiff.get(file, tag_colors, &channels[0], &channels[1], &channels[2])) {
      return image_fail(out, image_damaged, "it has no palette");
    }
    for (int i = 0; i < 1 << self->bits; i++) {
      for (int c = 0; c < 3; c++) self->colors[i][c] = (uint8_t)(channels[c][i] >> 8);
    }
  }
  if (self->conversion == image_as_stored) {
    status = prepare_mode(self, out);
    if (status != image_ok) return status;
  }
  return read_parts(self, pixel_limit, out);
}

image_status image_decode_tiff(
    const uint8_t *bytes, size_t count, uint64_t pixel_limit, image_conversion conversion, image *out) {
  *out = (image){0};
  if (!image_has_tiff()) return image_fail(out, image_no_library, "");
  source memory = {bytes, count, 0};
  decoder *self = calloc(1, sizeof *self);
  if (self == NULL) return image_fail(out, image_out_of_memory, "");
  self->conversion = conversion;
  self->file = tiff.open(
      "memory", "rm", &memory, source_read, source_write, source_seek, source_close, source_size, source_map,
      source_unmap);
  image_status status;
  if (self->file == NULL) {
    status = image_fail(out, image_damaged, "its directory cannot be read");
  } else {
    status = read_image(self, &memory, pixel_limit, out);
    tiff.close(self->file);
  }
  free(self);
  return status;
}
