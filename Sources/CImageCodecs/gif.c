#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"
#include "image.h"

// From giflib's header of version 5 (2012 and since), whose library has been called libgif.so.7 from then on.

typedef struct {
  uint8_t red, green, blue;
} gif_color;

typedef struct {
  int color_count, bits_per_pixel;
  bool is_sorted;
  gif_color *colors;
} gif_palette;

typedef struct {
  int left, top, width, height;
  bool is_interlaced;
  gif_palette *palette;
} gif_frame;

typedef struct gif_file {
  int width, height, color_resolution, background;
  uint8_t aspect;
  gif_palette *palette;
  int frame_count;
  gif_frame frame;
  void *saved_frames;
  int extension_count;
  void *extensions;
  int error;
  void *user;
  void *own;
} gif_file;

enum { record_frame = 2, record_extension = 3, extension_control = 0xF9, error_record = 107, error_end_of_file = 113 };

typedef struct source {
  const uint8_t *bytes;
  size_t left;
} source;

static struct {
  int loaded;
  gif_file *(*open)(void *, int (*)(gif_file *, uint8_t *, int), int *);
  int (*record)(gif_file *, int *);
  int (*frame)(gif_file *);
  int (*extension)(gif_file *, int *, uint8_t **);
  int (*next)(gif_file *, uint8_t **);
  int (*close)(gif_file *, int *);
} gif;

static void load(void) {
  static const char *const names[] = {"libgif.so.7", "libgif.7.dylib", "libgif.dylib", NULL};
  void *library = image_open_library(names);
  if (library == NULL) return;
  gif.loaded = IMAGE_FIND(library, gif, open, "DGifOpen") &&
               IMAGE_FIND(library, gif, record, "DGifGetRecordType") &&
               IMAGE_FIND(library, gif, frame, "DGifGetImageDesc") &&
               IMAGE_FIND(library, gif, extension, "DGifGetExtension") &&
               IMAGE_FIND(library, gif, next, "DGifGetExtensionNext") &&
               IMAGE_FIND(library, gif, close, "DGifCloseFile");
}

int image_has_gif(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return gif.loaded;
}

static int read_bytes(gif_file *file, uint8_t *target, int count) {
  source *self = file->user;
  const size_t step = count < 0 ? 0 : (size_t)count < self->left ? (size_t)count : self->left;
  memcpy(target, self->bytes, step);
  self->bytes += step;
  self->left -= step;
  return (int)step;
}

static image_status failure(const gif_file *file, const source *bytes, image *out) {
  const int ended = bytes->left == 0 || file->error == error_end_of_file;
  return image_fail(out, ended ? image_truncated : image_damaged, "its frames cannot be read");
}

/// Whether a palette says anything that a grey of the same number does not; Pillow keeps none that does not.
static int is_needed(const gif_palette *palette) {
  if (palette == NULL) return 0;
  for (int i = 0; i < palette->color_count; i++) {
    const gif_color *color = &palette->colors[i];
    if (color->red != i || color->green != i || color->blue != i) return 1;
  }
  return 0;
}

/// Goes to the first frame; `transparent` becomes the transparent number, -1 for none.
static image_status find_frame(gif_file *file, const source *bytes, int *transparent, image *out) {
  int record = 0;
  for (;;) {
    if (!gif.record(file, &record)) {
      // Other bytes between the blocks are passed over, as Pillow does.
      if (file->error == error_record) continue;
      return failure(file, bytes, out);
    }
    if (record == record_frame) return gif.frame(file) ? image_ok : failure(file, bytes, out);
    if (record != record_extension) return image_fail(out, image_damaged, "it has no frame");
    int code = 0;
    uint8_t *block = NULL;
    if (!gif.extension(file, &code, &block)) return failure(file, bytes, out);
    if (code == extension_control && block != NULL && block[0] >= 4) {
      if (block[1] & 1) *transparent = block[4];
    }
    while (block != NULL) {
      if (!gif.next(file, &block)) return failure(file, bytes, out);
    }
  }
}

/// Where the next number of a frame goes: row by row, or in the four passes of an interlaced frame.
typedef struct canvas {
  uint8_t *numbers;
  size_t stride;
  const gif_frame *frame;
  int x, y, pass;
} canvas;

/// Puts a number; 0 when that was the last one of the frame.
static int put(canvas *self, uint8_t number) {
  static const int starts[] = {0, 4, 2, 1}, steps[] = {8, 8, 4, 2};
  const gif_frame *frame = self->frame;
  self->numbers[((size_t)frame->top + (size_t)self->y) * self->stride + (size_t)(frame->left + self->x)] = number;
  if (++self->x < frame->width) return 1;
  self->x = 0;
  self->y += frame->is_interlaced ? steps[self->pass] : 1;
  while (frame->is_interlaced && self->y >= frame->height && self->pass < 3) self->y = starts[++self->pass];
  return self->y < frame->height;
}

enum { table_size = 4096 };

/// The codes of LZW that a frame's blocks hold, `bits` at first.
typedef struct codes {
  const source *source;
  size_t at, block_end;
  uint32_t buffer;
  int held;
} codes;

/// The next code; -1 where the blocks end before it. As to Pillow, a block that is cut off holds none.
static int next_code(codes *self, int bits) {
  while (self->held < bits) {
    if (self->at == self->block_end) {
      if (self->at >= self->source->left) return -1;
      const size_t length = self->source->bytes[self->at++];
      if (length == 0 || length > self->source->left - self->at) return -1;
      self->block_end = self->at + length;
    }
    self->buffer |= (uint32_t)self->source->bytes[self->at++] << self->held;
    self->held += 8;
  }
  const int code = (int)(self->buffer & ((1u << bits) - 1));
  self->buffer >>= bits;
  self->held -= bits;
  return code;
}

/// The frame on its canvas, a number a pixel. giflib's own decoder makes up numbers for a code that there is not yet; Pillow
/// refuses it. Where it has read the head of a frame the codes follow, after the number of their bits.
static image_status read_numbers(const gif_file *file, const source *bytes, image *out, uint8_t *numbers) {
  const int least = bytes->bytes[-1];
  if (least > 8) return image_fail(out, image_damaged, "its codes are too long");
  const int clear = 1 << least, end = clear + 1;
  uint16_t before[table_size];  // the code of all but the last number of a code's
  uint8_t last[table_size], text[table_size];
  codes stream = {.source = bytes};
  canvas target = {.numbers = numbers, .stride = out->width, .frame = &file->frame};
  int bits = least + 1, next = clear + 2, previous = -1;
  uint8_t first = 0;  // of the numbers of the code before
  for (;;) {
    const int code = next_code(&stream, bits);
    if (code < 0 || code == end) return image_fail(out, image_truncated, "");
    if (code == clear) {
      bits = least + 1, next = clear + 2, previous = -1;
      continue;
    }
    if (code > (previous < 0 ? clear : next)) return image_fail(out, image_damaged, "a code that there is not");
    int count = 0, part = code;
    if (code == next) text[count++] = first, part = previous;
    for (; part > clear; part = before[part]) text[count++] = last[part];
    first = (uint8_t)part;
    text[count++] = first;
    if (previous >= 0 && next < table_size) {
      before[next] = (uint16_t)previous;
      last[next] = first;
      if (next == (1 << bits) - 1 && bits < 12) bits++;
      next++;
    }
    previous = code;
    while (count > 0) {
      if (!put(&target, text[--count])) return image_ok;
    }
  }
}

static image_status read_image(
    gif_file *file, const source *bytes, uint64_t pixel_limit, image_conversion conversion, image *out) {
  int transparent = -1;
  image_status status = find_frame(file, bytes, &transparent, out);
  if (status != image_ok) return status;
  const gif_frame *frame = &file->frame;
  if (frame->left < 0 || frame->top < 0 || frame->width <= 0 || frame->height <= 0 || file->width < 0 ||
      file->height < 0) {
    return image_fail(out, image_damaged, "its frame has no pixels");
  }
  // A frame that is larger than the canvas makes the canvas larger.
  const int right = frame->left + frame->width, bottom = frame->top + frame->height;
  status = image_allocate(
      out, (uint64_t)(right > file->width ? right : file->width),
      (uint64_t)(bottom > file->height ? bottom : file->height), pixel_limit);
  if (status != image_ok) return status;

  const gif_palette *palette = frame->palette != NULL ? frame->palette : file->palette;
  uint8_t colors[256][4];
  const int has_palette = is_needed(palette);
  for (int i = 0; i < 256; i++) {
    const int known = has_palette && i < palette->color_count;
    const gif_color color = known ? palette->colors[i] : (gif_color){0, 0, 0};
    const uint8_t gray = (uint8_t)(has_palette ? 0 : i);
    const uint8_t own[4] = {
        known ? color.red : gray, known ? color.green : gray, known ? color.blue : gray,
        i == transparent ? 0 : 255};
    memcpy(colors[i], own, 4);
  }
  if (conversion == image_as_stored && has_palette) {
    out->mode = image_mode_chosen;
    status = image_set_palette(out, (const uint8_t(*)[4])colors);
    if (status != image_ok) return status;
  }
  const size_t total = (size_t)out->width * out->height;
  uint8_t *numbers = malloc(total);
  if (numbers == NULL) return image_fail(out, image_out_of_memory, "");
  memset(numbers, transparent < 0 ? 0 : transparent, total);
  status = read_numbers(file, bytes, out, numbers);
  for (size_t i = 0; status == image_ok && i < total; i++) {
    const uint8_t *color = colors[numbers[i]];
    if (conversion == image_to_rgb_over_white) {
      image_over_white(color, out->pixels + 3 * i);
    } else {
      memcpy(out->pixels + 3 * i, color, 3);
    }
  }
  free(numbers);
  return status;
}

image_status image_decode_gif(
    const uint8_t *bytes, size_t count, uint64_t pixel_limit, image_conversion conversion, image *out) {
  *out = (image){0};
  if (!image_has_gif()) return image_fail(out, image_no_library, "");
  source self = {bytes, count};
  int error = 0;
  gif_file *file = gif.open(&self, read_bytes, &error);
  if (file == NULL) {
    return image_fail(out, self.left == 0 ? image_truncated : image_damaged, "its header cannot be read");
  }
  const image_status status = read_image(file, &self, pixel_limit, conversion, out);
  gif.close(file, &error);
  return status;
}
