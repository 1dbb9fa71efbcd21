#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "image.h"

typedef struct encoder {
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr errors;
  jmp_buf escape;
} encoder;

static void leave(j_common_ptr jpeg) {
  encoder *self = jpeg->client_data;
  longjmp(self->escape, 1);
}

static void ignore(j_common_ptr jpeg) { (void)jpeg; }

image_status image_encode_jpeg(
    const uint8_t *pixels, uint32_t width, uint32_t height, int quality, uint8_t **out, size_t *out_count) {
  // libjpeg writes to both while it goes, also when it ends with a jump.
  unsigned char *volatile bytes = NULL;
  volatile unsigned long count = 0;
  *out = NULL;
  *out_count = 0;
  encoder *self = calloc(1, sizeof *self);
  if (self == NULL) return image_out_of_memory;
  self->jpeg.err = jpeg_std_error(&self->errors);
  self->jpeg.client_data = self;
  self->errors.error_exit = leave;
  self->errors.output_message = ignore;

  image_status status = image_ok;
  if (setjmp(self->escape) == 0) {
    jpeg_create_compress(&self->jpeg);
    jpeg_mem_dest(&self->jpeg, (unsigned char **)&bytes, (unsigned long *)&count);
    self->jpeg.image_width = width;
    self->jpeg.image_height = height;
    self->jpeg.input_components = 3;
    self->jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&self->jpeg);
    jpeg_set_quality(&self->jpeg, quality, TRUE);
    jpeg_start_compress(&self->jpeg, TRUE);
    while (self->jpeg.next_scanline < height) {
      JSAMPROW row = (JSAMPROW)(pixels + (size_t)self->jpeg.next_scanline * width * 3);
      jpeg_write_scanlines(&self->jpeg, &row, 1);
    }
    jpeg_finish_compress(&self->jpeg);
    *out = bytes;
    *out_count = count;
  } else {
    free(bytes);
    status = image_damaged;
  }
  jpeg_destroy_compress(&self->jpeg);
  free(self);
  return status;
}
