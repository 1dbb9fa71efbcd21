#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "image.h"

/// An image of more scans than this is an attack on the reader's time.
enum { scan_limit = 500 };

typedef struct decoder {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  jmp_buf escape;
  image_status status;
  uint8_t *inks;  // one row of a four-component image
} decoder;

static void leave(j_common_ptr jpeg) {
  decoder *self = jpeg->client_data;
  longjmp(self->escape, 1);
}

static void ignore_message(j_common_ptr jpeg) { (void)jpeg; }

static void ignore_warning(j_common_ptr jpeg, int level) {
  (void)jpeg;
  (void)level;
}

static void source_start(j_decompress_ptr jpeg) { (void)jpeg; }

// The decoder suspends where the bytes end. libjpeg would rather invent an end; Pillow calls that truncated.
static boolean source_refill(j_decompress_ptr jpeg) {
  (void)jpeg;
  return FALSE;
}

static void source_skip(j_decompress_ptr jpeg, long count) {
  struct jpeg_source_mgr *source = jpeg->src;
  if (count <= 0) return;
  const size_t step = (size_t)count < source->bytes_in_buffer ? (size_t)count : source->bytes_in_buffer;
  source->next_input_byte += step;
  source->bytes_in_buffer -= step;
}

static void watch_scans(j_common_ptr common) {
  j_decompress_ptr jpeg = (j_decompress_ptr)common;
  decoder *self = common->client_data;
  if (jpeg->input_scan_number <= scan_limit) return;
  self->status = image_unsupported;
  longjmp(self->escape, 2);
}

/// A row of four inks, inverted as Adobe writes them.
static void put_inks(const uint8_t *inks, image *out, size_t row) {
  const size_t width = out->width;
  uint8_t *pixel = out->pixels + row * width * 3;
  for (size_t x = 0; x < width; x++, inks += 4, pixel += 3) {
    const uint8_t own[3] = {255 - inks[0], 255 - inks[1], 255 - inks[2]};
    const uint8_t black = 255 - inks[3];
    if (out->mode == image_mode_inks) {
      memcpy(pixel, own, 3);
      out->plane[row * width + x] = black;
    } else {
      image_inks_to_rgb(own, black, pixel);
    }
  }
}

static image_status read_image(
    decoder *self, uint64_t pixel_limit, uint32_t least_side, image_conversion conversion, image *out) {
  j_decompress_ptr jpeg = &self->jpeg;
  if (jpeg_read_header(jpeg, TRUE) == JPEG_SUSPENDED) return image_truncated;
  out->width = jpeg->image_width;
  out->height = jpeg->image_height;
  if ((uint64_t)out->width * out->height > pixel_limit) return image_too_large;
  if (least_side > 0) {
    const uint32_t side = out->width > out->height ? out->width : out->height;
    while (jpeg->scale_denom < 8 && side / (jpeg->scale_denom * 2) >= least_side) jpeg->scale_denom *= 2;
    jpeg_calc_output_dimensions(jpeg);
  } else {
    jpeg->output_width = jpeg->image_width;
    jpeg->output_height = jpeg->image_height;
  }
  const image_status allocated =
      image_allocate(out, jpeg->output_width, jpeg->output_height, pixel_limit);
  if (allocated != image_ok) return allocated;

  const int has_inks = jpeg->num_components == 4;
  if (has_inks && conversion == image_as_stored) {
    const image_status planar = image_allocate_plane(out, image_mode_inks);
    if (planar != image_ok) return planar;
  }
  jpeg->out_color_space = has_inks ? JCS_CMYK : JCS_RGB;
  jpeg->dct_method = JDCT_ISLOW;
  jpeg->do_fancy_upsampling = TRUE;
  if (!jpeg_start_decompress(jpeg)) return image_truncated;
  if (has_inks && (self->inks = malloc((size_t)out->width * 4)) == NULL) return image_out_of_memory;

  const size_t row_bytes = (size_t)out->width * 3;
  while (jpeg->output_scanline < jpeg->output_height) {
    uint8_t *row = out->pixels + row_bytes * jpeg->output_scanline;
    JSAMPROW target = has_inks ? self->inks : row;
    if (jpeg_read_scanlines(jpeg, &target, 1) == 0) return image_truncated;
    if (has_inks) put_inks(self->inks, out, jpeg->output_scanline - 1);
  }
  // All rows are here; a missing end marker after them is no loss, and Pillow does not mind it either. What lies before
  // the end marker must be JPEG all the same: after a marker that there is not, the rows below it are made up.
  jpeg_finish_decompress(jpeg);
  return image_ok;
}

image_status image_decode_jpeg(
    const uint8_t *bytes, size_t count, uint64_t pixel_limit, uint32_t least_side,
    image_conversion conversion, image *out) {
  *out = (image){0};
  decoder *self = calloc(1, sizeof *self);
  if (self == NULL) return image_fail(out, image_out_of_memory, "");
  self->jpeg.err = jpeg_std_error(&self->errors);
  self->jpeg.client_data = self;
  self->errors.error_exit = leave;
  self->errors.output_message = ignore_message;
  self->errors.emit_message = ignore_warning;
  self->source = (struct jpeg_source_mgr){
      .next_input_byte = bytes,
      .bytes_in_buffer = count,
      .init_source = source_start,
      .fill_input_buffer = source_refill,
      .skip_input_data = source_skip,
      .resync_to_restart = jpeg_resync_to_restart,
      .term_source = source_start,
  };
  self->progress.progress_monitor = watch_scans;

  image_status status;
  switch (setjmp(self->escape)) {
    case 0:
      jpeg_create_decompress(&self->jpeg);
      self->jpeg.src = &self->source;
      self->jpeg.progress = &self->progress;
      status = read_image(self, pixel_limit, least_side, conversion, out);
      if (status != image_ok) image_free(out);
      break;
    case 1: {
      char message[JMSG_LENGTH_MAX] = "";
      self->errors.format_message((j_common_ptr)&self->jpeg, message);
      status = self->errors.msg_code == JERR_OUT_OF_MEMORY ? image_out_of_memory : image_damaged;
      image_fail(out, status, message);
      break;
    }
    default:
      status = self->status;
      image_fail(out, status, "more than 500 progressive scans");
      break;
  }
  jpeg_destroy_decompress(&self->jpeg);
  free(self->inks);
  free(self);
  return status;
}
