#include <webp/decode.h>
#include <webp/demux.h>

#include "picture.h"

static picture_status failure(VP8StatusCode code, picture *out) {
  switch (code) {
    case VP8_STATUS_OUT_OF_MEMORY: return picture_fail(out, picture_out_of_memory, "");
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA: return picture_fail(out, picture_truncated, "");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return picture_fail(out, picture_unsupported, "a WebP feature that libwebp does not read");
    default: return picture_fail(out, picture_damaged, "its bitstream breaks the rules of WebP");
  }
}

static void put_rgba(const uint8_t *rgba, picture_conversion conversion, picture *out) {
  const size_t width = out->width, height = out->height;
  for (size_t y = 0; y < height; y++) picture_put_rgba(rgba + 4 * y * width, width, conversion, out, y);
}

static picture_status read_still(
    const uint8_t *bytes, size_t count, int needs_alpha, picture_conversion conversion, WebPDecoderConfig *config,
    picture *out) {
  if (!needs_alpha) {
    config->output.colorspace = MODE_RGB;
    config->output.is_external_memory = 1;
    config->output.u.RGBA.rgba = out->pixels;
    config->output.u.RGBA.stride = (int)out->width * 3;
    config->output.u.RGBA.size = (size_t)out->width * out->height * 3;
  } else {
    config->output.colorspace = MODE_RGBA;
  }
  const VP8StatusCode code = WebPDecode(bytes, count, config);
  if (code == VP8_STATUS_OK && needs_alpha) put_rgba(config->output.u.RGBA.rgba, conversion, out);
  WebPFreeDecBuffer(&config->output);
  return code == VP8_STATUS_OK ? picture_ok : failure(code, out);
}

static picture_status read_first_frame(const WebPData *data, picture_conversion conversion, picture *out) {
  WebPAnimDecoderOptions options;
  if (!WebPAnimDecoderOptionsInit(&options)) return picture_fail(out, picture_unsupported, "another libwebp");
  options.color_mode = MODE_RGBA;
  options.use_threads = 0;
  WebPAnimDecoder *animation = WebPAnimDecoderNew(data, &options);
  if (animation == NULL) return picture_fail(out, picture_damaged, "its frames cannot be read");
  uint8_t *canvas = NULL;
  int time = 0;
  picture_status status = picture_ok;
  if (!WebPAnimDecoderGetNext(animation, &canvas, &time)) {
    status = picture_fail(out, picture_damaged, "its first frame cannot be decoded");
  } else {
    put_rgba(canvas, conversion, out);
  }
  WebPAnimDecoderDelete(animation);
  return status;
}

picture_status picture_decode_webp(
    const uint8_t *bytes, size_t count, uint64_t pixel_limit, picture_conversion conversion, picture *out) {
  *out = (picture){0};
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) return picture_fail(out, picture_unsupported, "another libwebp");
  const VP8StatusCode code = WebPGetFeatures(bytes, count, &config.input);
  if (code != VP8_STATUS_OK) return failure(code, out);
  const picture_status allocated = picture_allocate(
      out, (uint64_t)(config.input.width < 0 ? 0 : config.input.width),
      (uint64_t)(config.input.height < 0 ? 0 : config.input.height), pixel_limit);
  if (allocated != picture_ok) return allocated;

  // The decoder alone is content with a file whose container is cut; the demultiplexer, and so Pillow, is not.
  const WebPData data = {bytes, count};
  WebPDemuxState state;
  WebPDemuxer *container = WebPDemuxPartial(&data, &state);
  WebPDemuxDelete(container);
  if (state == WEBP_DEMUX_PARSE_ERROR) return picture_fail(out, picture_damaged, "its container is broken");
  if (state != WEBP_DEMUX_DONE) return picture_fail(out, picture_truncated, "");

  const int has_alpha = config.input.has_alpha;
  if (has_alpha && conversion == picture_as_stored) {
    const picture_status planar = picture_allocate_plane(out, picture_mode_alpha);
    if (planar != picture_ok) return planar;
  }
  if (config.input.has_animation) return read_first_frame(&data, conversion, out);
  return read_still(bytes, count, has_alpha && conversion != picture_to_rgb, conversion, &config, out);
}
