#include <webp/decode.h>
#include <webp/demux.h>

#include "image.h"

static image_status failure(VP8StatusCode code, image *out) {
  switch (code) {
    case VP8_STATUS_OUT_OF_MEMORY: return image_fail(out, image_out_of_memory, "");
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA: return image_fail(out, image_truncated, "");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return image_fail(out, image_unsupported, "a WebP feature that libwebp does not read");
    default: return image_fail(out, image_damaged, "its bitstream breaks the rules of WebP");
  }
}

static void put_rgba(const uint8_t *rgba, image_conversion conversion, image *out) {
  const size_t width = out->width, height = out->height;
  for (size_t y = 0; y < height; y++) image_put_rgba(rgba + 4 * y * width, width, conversion, out, y);
}

/// Decodes the one frame of an image; its data are the frame's own, so that a broken stream cannot go on in what lies behind
/// them.
static image_status read_still(
    const WebPData *frame, int needs_alpha, image_conversion conversion, WebPDecoderConfig *config, image *out) {
  if (!needs_alpha) {
    config->output.colorspace = MODE_RGB;
    config->output.is_external_memory = 1;
    config->output.u.RGBA.rgba = out->pixels;
    config->output.u.RGBA.stride = (int)out->width * 3;
    config->output.u.RGBA.size = (size_t)out->width * out->height * 3;
  } else {
    config->output.colorspace = MODE_RGBA;
  }
  const VP8StatusCode code = WebPDecode(frame->bytes, frame->size, config);
  if (code == VP8_STATUS_OK && needs_alpha) put_rgba(config->output.u.RGBA.rgba, conversion, out);
  WebPFreeDecBuffer(&config->output);
  return code == VP8_STATUS_OK ? image_ok : failure(code, out);
}

static image_status read_first_frame(const WebPData *data, image_conversion conversion, image *out) {
  WebPAnimDecoderOptions options;
  if (!WebPAnimDecoderOptionsInit(&options)) return image_fail(out, image_unsupported, "another libwebp");
  options.color_mode = MODE_RGBA;
  options.use_threads = 0;
  WebPAnimDecoder *animation = WebPAnimDecoderNew(data, &options);
  if (animation == NULL) return image_fail(out, image_damaged, "its frames cannot be read");
  uint8_t *canvas = NULL;
  int time = 0;
  image_status status = image_ok;
  if (!WebPAnimDecoderGetNext(animation, &canvas, &time)) {
    status = image_fail(out, image_damaged, "its first frame cannot be decoded");
  } else {
    put_rgba(canvas, conversion, out);
  }
  WebPAnimDecoderDelete(animation);
  return status;
}

image_status image_decode_webp(
    const uint8_t *bytes, size_t count, uint64_t pixel_limit, image_conversion conversion, image *out) {
  *out = (image){0};
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) return image_fail(out, image_unsupported, "another libwebp");
  const VP8StatusCode code = WebPGetFeatures(bytes, count, &config.input);
  if (code != VP8_STATUS_OK) return failure(code, out);
  const image_status allocated = image_allocate(
      out, (uint64_t)(config.input.width < 0 ? 0 : config.input.width),
      (uint64_t)(config.input.height < 0 ? 0 : config.input.height), pixel_limit);
  if (allocated != image_ok) return allocated;

  // The decoder alone is content with a file whose container is cut; the demultiplexer, and so Pillow, is not.
  const WebPData data = {bytes, count};
  WebPDemuxState state;
  WebPDemuxer *container = WebPDemuxPartial(&data, &state);
  WebPIterator frame = {0};
  const int has_frame = state == WEBP_DEMUX_DONE && WebPDemuxGetFrame(container, 1, &frame);
  const WebPData stream = frame.fragment;  // a window on `bytes`
  const int fits = frame.width == config.input.width && frame.height == config.input.height;
  WebPDemuxReleaseIterator(&frame);
  WebPDemuxDelete(container);
  if (state == WEBP_DEMUX_PARSE_ERROR) return image_fail(out, image_damaged, "its container is broken");
  if (state != WEBP_DEMUX_DONE) return image_fail(out, image_truncated, "");
  if (!has_frame) return image_fail(out, image_damaged, "it has no frame");

  const int has_alpha = config.input.has_alpha;
  if (has_alpha && conversion == image_as_stored) {
    const image_status planar = image_allocate_plane(out, image_mode_alpha);
    if (planar != image_ok) return planar;
  }
  if (config.input.has_animation) return read_first_frame(&data, conversion, out);
  if (!fits) return image_fail(out, image_damaged, "its frame has another size than its container says");
  return read_still(&stream, has_alpha && conversion != image_to_rgb, conversion, &config, out);
}
