// Depthwise convolutions over maps whose pixels are rows of channels. Included by kernels.h.
//
// A vector holds channels, and a few neighbouring outputs are computed together: a number that is loaded serves all of
// them whose windows it is in, and a line of the window's weights stays in registers.
#include "CKernels.h"

#define DEPTHWISE_GROUP 64  // channels that pass all pixels together: their weights stay in the first-level cache
// Outputs side by side: as many sums as hide how long each addition takes. Maps are often multiples of 7 wide.
#define DEPTHWISE_COLUMNS (VECTOR_BYTES == 64 ? 4 : 7)

/// Sums of `columns` outputs side by side, for one vector of channels.
///
/// `x` is the map's column where the first window begins; with `at_edge`, some columns are outside of the map. `lines` is
/// where the window's first line begins, of which those from `top` up to `bottom` are inside.
INLINE void depthwise_outputs(const int kernel, const int stride, const int columns, const int at_edge,
                              const plumb_depthwise *d, const float *lines, int top, int bottom, ptrdiff_t x,
                              const float *weights, const float *bias, size_t place) {
  const size_t channels = d->channels, line_stride = d->side * channels;
  vf sums[8];
  _Pragma("clang loop unroll(full)") for (int c = 0; c < columns; c++) sums[c] = load(bias);
  for (int ky = top; ky < bottom; ky++) {
    const float *line = lines + (ptrdiff_t)(ky * line_stride) + x * (ptrdiff_t)channels;
    vf w[5];
    _Pragma("clang loop unroll(full)") for (int kx = 0; kx < kernel; kx++)
      w[kx] = load(weights + (ky * kernel + kx) * channels);
    _Pragma("clang loop unroll(full)") for (int i = 0; i < (columns - 1) * stride + kernel; i++) {
      if (at_edge && (x + i < 0 || x + i >= (ptrdiff_t)d->side)) continue;
      const vf v = load(line + i * channels);
      _Pragma("clang loop unroll(full)") for (int c = 0; c < columns; c++)
        if (i >= c * stride && i < c * stride + kernel) sums[c] += v * w[i - c * stride];
    }
  }
  if (!d->bytes) {
    _Pragma("clang loop unroll(full)") for (int c = 0; c < columns; c++)
      store(d->destination + place + c * channels, relu6_of(sums[c]));
    return;
  }
  const vf scale = all((float)d->levels / 6);
  _Pragma("clang loop unroll(full)") for (int c = 0; c < columns; c++) {
    const vf whole = rounded(relu6_of(sums[c]) * scale);
    const vb bytes = __builtin_convertvector(__builtin_convertvector(whole, vi), vb);
    memcpy(d->bytes + place + c * channels, &bytes, sizeof bytes);
  }
}

/// The same for a single channel of a single output: what is left where channels fill no vector.
INLINE void depthwise_number(const int kernel, const plumb_depthwise *d, const float *lines, int top, int bottom,
                             ptrdiff_t x, const float *weights, const float *bias, size_t place) {
  const size_t channels = d->channels;
  float sum = *bias;
  for (int ky = top; ky < bottom; ky++)
    for (int kx = 0; kx < kernel; kx++)
      if (x + kx >= 0 && x + kx < (ptrdiff_t)d->side)
        sum += lines[(ptrdiff_t)(ky * d->side * channels) + (x + kx) * (ptrdiff_t)channels] *
               weights[(ky * kernel + kx) * channels];
  sum = sum < 0 ? 0 : sum > 6 ? 6 : sum;
  if (d->bytes)
    d->bytes[place] = (uint8_t)rintf(sum * (float)d->levels / 6);
  else
    d->destination[place] = sum;
}

/// Some outputs side by side for some channels.
INLINE void depthwise_columns(const int kernel, const int stride, const int columns, const int at_edge,
                              const plumb_depthwise *d, const float *lines, int top, int bottom, ptrdiff_t x,
                              size_t first, size_t end, size_t output) {
  size_t channel = first;
  for (; channel + LANES <= end; channel += LANES)
    depthwise_outputs(kernel, stride, columns, at_edge, d, lines + channel, top, bottom, x, d->weights + channel,
                      d->bias + channel, output + channel);
  for (; channel < end; channel++)
    for (int c = 0; c < columns; c++)
      depthwise_number(kernel, d, lines + channel, top, bottom, x + c * stride, d->weights + channel,
                       d->bias + channel, output + c * d->channels + channel);
}

/// One line of outputs for some channels.
INLINE void depthwise_line(const int kernel, const int stride, const plumb_depthwise *d, const float *lines, int top,
                           int bottom, size_t first, size_t end, size_t line) {
  const size_t across = d->output_side;
  for (size_t column = 0; column < across;) {
    const size_t left = across - column;
    const ptrdiff_t x = (ptrdiff_t)(column * stride) - (ptrdiff_t)d->before;
    const size_t output = line + column * d->channels;
    int columns = DEPTHWISE_COLUMNS;
    const int is_inside = x >= 0 && x + (columns - 1) * stride + kernel <= (ptrdiff_t)d->side;
    if (left >= (size_t)columns && is_inside)
      depthwise_columns(kernel, stride, DEPTHWISE_COLUMNS, 0, d, lines, top, bottom, x, first, end, output);
    else if (left >= (size_t)columns)
      depthwise_columns(kernel, stride, DEPTHWISE_COLUMNS, 1, d, lines, top, bottom, x, first, end, output);
    else if (left >= 2)
      depthwise_columns(kernel, stride, columns = 2, 1, d, lines, top, bottom, x, first, end, output);
    else
      depthwise_columns(kernel, stride, columns = 1, 1, d, lines, top, bottom, x, first, end, output);
    column += columns;
  }
}

#define DEFINE_DEPTHWISE(KERNEL, STRIDE)                                                                         \
  static void depthwise_##KERNEL##_##STRIDE(const plumb_depthwise *d) {                                          \
    const size_t end = d->first_channel + d->channel_count;                                                      \
    for (size_t first = d->first_channel; first < end; first += DEPTHWISE_GROUP) {                               \
      const size_t last = end - first < DEPTHWISE_GROUP ? end : first + DEPTHWISE_GROUP;                         \
      for (size_t row = 0; row < d->output_rows; row++) {                                                        \
        const ptrdiff_t y = (ptrdiff_t)((d->first_output_row + row) * STRIDE) - (ptrdiff_t)d->before;            \
        const ptrdiff_t below = (ptrdiff_t)d->side - y;                                                          \
        const float *lines = d->source + (y - (ptrdiff_t)d->source_row) * (ptrdiff_t)(d->side * d->channels);    \
        depthwise_line(KERNEL, STRIDE, d, lines, y < 0 ? (int)-y : 0, below < KERNEL ? (int)below : KERNEL,       \
                       first, last, row * d->output_side * d->channels);                                         \
      }                                                                                                          \
    }                                                                                                            \
  }
DEFINE_DEPTHWISE(3, 1)
DEFINE_DEPTHWISE(3, 2)
DEFINE_DEPTHWISE(5, 1)
DEFINE_DEPTHWISE(5, 2)

static void depthwise(const plumb_depthwise *d) {
  if (d->kernel == 3) {
    if (d->stride == 1) depthwise_3_1(d);
    else depthwise_3_2(d);
  } else {
    if (d->stride == 1) depthwise_5_1(d);
    else depthwise_5_2(d);
  }
}
