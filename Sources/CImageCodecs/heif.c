#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"
#include "image.h"

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
  void *library = image_open_library(names);
  if (library == NULL) return;
  heif.loaded = IMAGE_FIND(library, heif, make, "heif_context_alloc") &&
                IMAGE_FIND(library, heif, free, "heif_context_free") &&
                IMAGE_FIND(library, heif, read, "heif_context_read_from_memory_without_copy") &&
                IMAGE_FIND(library, heif, primary, "heif_context_get_primary_image_handle") &&
                IMAGE_FIND(library, heif, release_handle, "heif_image_handle_release") &&
                IMAGE_FIND(library, heif, handle_width, "heif_image_handle_get_width") &&
                IMAGE_FIND(library, heif, handle_height, "heif_image_handle_get_height") &&
                IMAGE_FIND(library, heif, has_alpha, "heif_image_handle_has_alpha_channel") &&
                IMAGE_FIND(library, heif, make_options, "heif_decoding_options_alloc") &&
                IMAGE_FIND(library, heif, free_options, "heif_decoding_options_free") &&
                IMAGE_FIND(library, heif, decode, "heif_decode_image") &&
                IMAGE_FIND(library, heif, release_image, "heif_image_release") &&
                IMAGE_FIND(library, heif, width, "heif_image_get_width") &&
                IMAGE_FIND(library, heif, height, "heif_image_get_height") &&
                IMAGE_FIND(library, heif, plane, "heif_image_get_plane_readonly");
}

int image_has_heif(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return heif.loaded;
}

static image_status failure(heif_error error, image *out) {
  // The kinds that libheif tells apart: input, file type, feature, usage, memory, decoder plug-in.
  const image_status status = error.code == error_memory                    ? image_out_of_memory
                                : error.code == 3 || error.code == 4 || error.code == 7 ? image_unsupported
                                                                              : image_damaged;
  return image_fail(out, status, error.message != NULL ? error.message : "");
}

static image_status put_rows(
    const void *decoded, int has_alpha, image_conversion conversion, image *out) {
  int stride = 0;
  const uint8_t *rows = heif.plane(decoded, channel_interleaved, &stride);
  const size_t width = out->width, height = out->height;
  if (rows == NULL || stride < 0 || (size_t)stride < width * (has_alpha ? 4 : 3) ||
      heif.width(decoded, channel_interleaved) != (int)width || heif.height(decoded, channel_interleaved) != (int)height) {
    return image_fail(out, image_damaged, "its pixels have another size than it says");
  }
  for (size_t y = 0; y < height; y++) {
    if (has_alpha) {
      image_put_rgba(rows + y * (size_t)stride, width, conversion, out, y);
    } else {
      memcpy(out->pixels + y * width * 3, rows + y * (size_t)stride, width * 3);
    }
  }
  return image_ok;
}

static image_status read_image(
    void *context, const uint8_t *bytes, size_t count, uint64_t pixel_limit, image_conversion conversion,
    int turns, image *out) {
  heif_error error = heif.read(context, bytes, count, NULL);
  if (error.code != 0) return failure(error, out);
  void *handle = NULL;
  error = heif.primary(context, &handle);
  if (error.code != 0) return failure(error, out);
  const int width = heif.handle_width(handle), height = heif.handle_height(handle);
  const int has_alpha = heif.has_alpha(handle);
  image_status status = image_allocate(
      out, (uint64_t)(width < 0 ? 0 : width), (uint64_t)(height < 0 ? 0 : height), pixel_limit);
  void *decoded = NULL;
  if (status == image_ok) {
    heif_options *options = heif.make_options();
    if (options != NULL) options->ignore_transformations = !turns;
    error = heif.decode(handle, &decoded, colorspace_rgb, has_alpha ? chroma_rgba : chroma_rgb, options);
    if (options != NULL) heif.free_options(options);
    if (error.code != 0) status = failure(error, out);
  }
  if (status == image_ok && !turns) {
    // The size of the handle is that of the upright image.
    const uint64_t own_width = (uint64_t)heif.width(decoded, channel_interleaved);
    const uint64_t own_height = (uint64_t)heif.height(decoded, channel_interleaved);
    if (own_width != out->width || own_height != out->height) {
      image_free(out);
      status = image_allocate(out, own_width, own_height, pixel_limit);
    }
  }
  if (status == image_ok && has_alpha && conversion == image_as_stored) {
    status = image_allocate_plane(out, image_mode_alpha);
  }
  if (status == image_ok) status = put_rows(decoded, has_alpha, conversion, out);
  if (decoded != NULL) heif.release_image(decoded);
  heif.release_handle(handle);
  return status;
}

image_status image_decode_heif(
    const uint8_t *bytes, size_t count, uint64_t pixel_limit, image_conversion conversion, int turns,
    image *out) {
  *out = (image){0};
  if (!image_has_heif()) return image_fail(out, image_no_library, "");
  void *context = heif.make();
  if (context == NULL) return image_fail(out, image_out_of_memory, "");
  const image_status status = read_image(context, bytes, count, pixel_limit, conversion, turns, out);
  heif.free(context);
  return status;
}
