#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"
#include "picture.h"

// From libheif's header: opaque types, and numbers that are part of its stable binary interface (libheif.so.1).

typedef struct {
  int code, subcode;
  const char *message;
} heif_error;

/// The start of the options, which only ever grow at their end; they are made by the library.
typedef struct {
  uint8_t version;
  uint8_t ignore_transformations;
} heif_options;

enum { colorspace_rgb = 1, chroma_rgb = 10, chroma_rgba = 11, channel_interleaved = 10, error_memory = 6 };

static struct {
  int loaded;
  void *(*make)(void);
  void (*free)(void *);
  heif_error (*read)(void *, const void *, size_t, const void *);
  heif_error (*primary)(void *, void **);
  void (*release_handle)(const void *);
  int (*handle_width)(const void *);
  int (*handle_height)(const void *);
  int (*has_alpha)(const void *);
  heif_options *(*make_options)(void);
  void (*free_options)(heif_options *);
  heif_error (*decode)(const void *, void **, int, int, const heif_options *);
  void (*release_image)(const void *);
  int (*width)(const void *, int);
  int (*height)(const void *, int);
  const uint8_t *(*plane)(const void *, int, int *);
} heif;

static void load(void) {
  static const char *const names[] = {"libheif.so.1", "libheif.1.dylib", "libheif.dylib", NULL};
  void *library = picture_open_library(names);
  if (library == NULL) return;
  heif.loaded = PICTURE_FIND(library, heif, make, "heif_context_alloc") &&
                PICTURE_FIND(library, heif, free, "heif_context_free") &&
                PICTURE_FIND(library, heif, read, "heif_context_read_from_memory_without_copy") &&
                PICTURE_FIND(library, heif, primary, "heif_context_get_primary_image_handle") &&
                PICTURE_FIND(library, heif, release_handle, "heif_image_handle_release") &&
                PICTURE_FIND(library, heif, handle_width, "heif_image_handle_get_width") &&
                PICTURE_FIND(library, heif, handle_height, "heif_image_handle_get_height") &&
                PICTURE_FIND(library, heif, has_alpha, "heif_image_handle_has_alpha_channel") &&
                PICTURE_FIND(library, heif, make_options, "heif_decoding_options_alloc") &&
                PICTURE_FIND(library, heif, free_options, "heif_decoding_options_free") &&
                PICTURE_FIND(library, heif, decode, "heif_decode_image") &&
                PICTURE_FIND(library, heif, release_image, "heif_image_release") &&
                PICTURE_FIND(library, heif, width, "heif_image_get_width") &&
                PICTURE_FIND(library, heif, height, "heif_image_get_height") &&
                PICTURE_FIND(library, heif, plane, "heif_image_get_plane_readonly");
}

int picture_has_heif(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return heif.loaded;
}

static picture_status failure(heif_error error, picture *out) {
  // The kinds that libheif tells apart: input, file type, feature, usage, memory, decoder plug-in.
  const picture_status status = error.code == error_memory                    ? picture_out_of_memory
                                : error.code == 3 || error.code == 4 || error.code == 7 ? picture_unsupported
                                                                              : picture_damaged;
  return picture_fail(out, status, error.message != NULL ? error.message : "");
}

static picture_status put_rows(
    const void *image, int has_alpha, picture_conversion conversion, picture *out) {
  int stride = 0;
  const uint8_t *rows = heif.plane(image, channel_interleaved, &stride);
  const size_t width = out->width, height = out->height;
  if (rows == NULL || stride < 0 || (size_t)stride < width * (has_alpha ? 4 : 3) ||
      heif.width(image, channel_interleaved) != (int)width || heif.height(image, channel_interleaved) != (int)height) {
    return picture_fail(out, picture_damaged, "its pixels have another size than it says");
  }
  for (size_t y = 0; y < height; y++) {
    if (has_alpha) {
      picture_put_rgba(rows + y * (size_t)stride, width, conversion, out, y);
    } else {
      memcpy(out->pixels + y * width * 3, rows + y * (size_t)stride, width * 3);
    }
  }
  return picture_ok;
}

static picture_status read_picture(
    void *context, const uint8_t *bytes, size_t count, uint64_t pixel_limit, picture_conversion conversion,
    int turns, picture *out) {
  heif_error error = heif.read(context, bytes, count, NULL);
  if (error.code != 0) return failure(error, out);
  void *handle = NULL;
  error = heif.primary(context, &handle);
  if (error.code != 0) return failure(error, out);
  const int width = heif.handle_width(handle), height = heif.handle_height(handle);
  const int has_alpha = heif.has_alpha(handle);
  picture_status status = picture_allocate(
      out, (uint64_t)(width < 0 ? 0 : width), (uint64_t)(height < 0 ? 0 : height), pixel_limit);
  void *image = NULL;
  if (status == picture_ok) {
    heif_options *options = heif.make_options();
    if (options != NULL) options->ignore_transformations = !turns;
    error = heif.decode(handle, &image, colorspace_rgb, has_alpha ? chroma_rgba : chroma_rgb, options);
    if (options != NULL) heif.free_options(options);
    if (error.code != 0) status = failure(error, out);
  }
  if (status == picture_ok && !turns) {
    // The size of the handle is that of the upright picture.
    const uint64_t own_width = (uint64_t)heif.width(image, channel_interleaved);
    const uint64_t own_height = (uint64_t)heif.height(image, channel_interleaved);
    if (own_width != out->width || own_height != out->height) {
      picture_free(out);
      status = picture_allocate(out, own_width, own_height, pixel_limit);
    }
  }
  if (status == picture_ok && has_alpha && conversion == picture_as_stored) {
    status = picture_allocate_plane(out, picture_mode_alpha);
  }
  if (status == picture_ok) status = put_rows(image, has_alpha, conversion, out);
  if (image != NULL) heif.release_image(image);
  heif.release_handle(handle);
  return status;
}

picture_status picture_decode_heif(
    const uint8_t *bytes, size_t count, uint64_t pixel_limit, picture_conversion conversion, int turns,
    picture *out) {
  *out = (picture){0};
  if (!picture_has_heif()) return picture_fail(out, picture_no_library, "");
  void *context = heif.make();
  if (context == NULL) return picture_fail(out, picture_out_of_memory, "");
  const picture_status status = read_picture(context, bytes, count, pixel_limit, conversion, turns, out);
  heif.free(context);
  return status;
}
