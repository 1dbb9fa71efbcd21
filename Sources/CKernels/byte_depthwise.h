// Depthwise convolutions of bytes, for processors with VNNI. Included by kernels_avx512.c once for each width of a vector, with
//
//   CHANNELS         channels that are computed together, a byte of a vector each
//   OF(function)     the intrinsic of that width
//   vbytes, vmask    a vector of that width, and a bit for each of its bytes
//
// The bytes of four lines of a window are interleaved, so that four of them lie in the lane of their channel and one
// instruction multiplies them by four weights and adds the sum. Interleaving leaves the channels in another order than
// memory has, four vectors of a quarter of the channels each; packing the sums into bytes undoes it.
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define NAMED(a) JOIN(a, CHANNELS)

/// Sums of `columns` outputs side by side for some channels, brought down to bytes.
///
/// `x` is the map's column where the first window begins; with `at_edge`, some columns or lines are outside of the map:
/// `lines` is where the window's first line begins, of which those from `top` up to `bottom` are inside.
INLINE void NAMED(byte_outputs)(const int kernel, const int stride, const int columns, const int at_edge,
                                const plumb_byte_depthwise *d, const uint8_t *lines, int top, int bottom, ptrdiff_t x,
                                const int8_t *weights, const float *scales, const float *bias, size_t channels,
                                uint8_t *to) {
  enum { QUARTER = CHANNELS / 4 };
  const size_t line_stride = d->side * d->channels;
  const vmask wanted = channels >= CHANNELS ? ~(vmask)0 : ((vmask)1 << channels) - 1;
  const vbytes zeros = (vbytes){0};
  vbytes sums[4][4];
  _Pragma("clang loop unroll(full)") for (int c = 0; c < columns; c++)
    _Pragma("clang loop unroll(full)") for (int s = 0; s < 4; s++) sums[c][s] = zeros;
  _Pragma("clang loop unroll(full)") for (int i = 0; i < (columns - 1) * stride + kernel; i++) {
    if (at_edge && (x + i < 0 || x + i >= (ptrdiff_t)d->side)) continue;
    const uint8_t *column = lines + (x + i) * (ptrdiff_t)d->channels;
    vbytes line[8];
    _Pragma("clang loop unroll(full)") for (int ky = 0; ky < 8; ky++)
      line[ky] = ky >= kernel || (at_edge && (ky < top || ky >= bottom))
                     ? zeros
                     : OF(maskz_loadu_epi8)(wanted, column + (ptrdiff_t)(ky * line_stride));
    _Pragma("clang loop unroll(full)") for (int four = 0; four < (kernel + 3) / 4; four++) {
      const vbytes *l = line + 4 * four;
      const vbytes a = OF(unpacklo_epi8)(l[0], l[1]), b = OF(unpackhi_epi8)(l[0], l[1]);
      const vbytes e = OF(unpacklo_epi8)(l[2], l[3]), f = OF(unpackhi_epi8)(l[2], l[3]);
      const vbytes windows[4] = {OF(unpacklo_epi16)(a, e), OF(unpackhi_epi16)(a, e), OF(unpacklo_epi16)(b, f),
                                 OF(unpackhi_epi16)(b, f)};
      _Pragma("clang loop unroll(full)") for (int c = 0; c < columns; c++) {
        if (i < c * stride || i >= c * stride + kernel) continue;
        const int8_t *w = weights + (four * kernel + i - c * stride) * 4 * CHANNELS;
        _Pragma("clang loop unroll(full)") for (int s = 0; s < 4; s++)
          sums[c][s] = OF(dpbusd_epi32)(sums[c][s], windows[s], OF(loadu_epi8)(w + s * CHANNELS));
      }
    }
  }
  _Pragma("clang loop unroll(full)") for (int c = 0; c < columns; c++) {
    _Pragma("clang loop unroll(full)") for (int s = 0; s < 4; s++)
      sums[c][s] = OF(cvtps_epi32)(OF(fmadd_ps)(OF(cvtepi32_ps)(sums[c][s]), OF(loadu_ps)(scales + s * QUARTER),
                                                OF(loadu_ps)(bias + s * QUARTER)));
    // Bytes end at 0 and 255, which stand for 0 and 6.
    const vbytes bytes = OF(packus_epi16)(OF(packs_epi32)(sums[c][0], sums[c][1]), OF(packs_epi32)(sums[c][2], sums[c][3]));
    uint8_t *place = to + c * d->channels;
    if (channels >= CHANNELS)
      OF(storeu_epi8)(place, bytes);
    else
      OF(mask_storeu_epi8)(place, wanted, bytes);
  }
}

/// All outputs of some channels.
INLINE void NAMED(byte_group)(const int kernel, const int stride, const plumb_byte_depthwise *d, size_t first,
                              size_t channels) {
  enum { SOME = 4 };
  const int8_t *weights = d->weights + first * ((kernel + 3) / 4 * 4) * kernel;
  const float *scales = d->scales + first, *bias = d->bias + first;
  const size_t across = d->output_side;
  for (size_t row = 0; row < d->output_rows; row++) {
    const ptrdiff_t y = (ptrdiff_t)((d->first_output_row + row) * stride) - (ptrdiff_t)d->before;
    const ptrdiff_t below = (ptrdiff_t)d->side - y;
    const int top = y < 0 ? (int)-y : 0, bottom = below < kernel ? (int)below : kernel;
    const uint8_t *lines = d->source + first + (y - (ptrdiff_t)d->source_row) * (ptrdiff_t)(d->side * d->channels);
    uint8_t *to = d->destination + first + row * across * d->channels;
    for (size_t column = 0; column < across;) {
      const ptrdiff_t x = (ptrdiff_t)(column * stride) - (ptrdiff_t)d->before;
      const int columns = across - column >= SOME ? SOME : 1;
      const int is_inside = x >= 0 && x + (columns - 1) * stride + kernel <= (ptrdiff_t)d->side && top == 0 && bottom == kernel;
      uint8_t *place = to + column * d->channels;
      if (columns == SOME && is_inside)
        NAMED(byte_outputs)(kernel, stride, SOME, 0, d, lines, top, bottom, x, weights, scales, bias, channels, place);
      else if (columns == SOME)
        NAMED(byte_outputs)(kernel, stride, SOME, 1, d, lines, top, bottom, x, weights, scales, bias, channels, place);
      else
        NAMED(byte_outputs)(kernel, stride, 1, 1, d, lines, top, bottom, x, weights, scales, bias, channels, place);
      column += columns;
    }
  }
}

#define DEFINE_GROUP(KERNEL, STRIDE)                                                                                  \
  static __attribute__((noinline)) void NAMED(byte_group_##KERNEL##_##STRIDE)(const plumb_byte_depthwise *d, size_t first, \
                                                                              size_t channels) {                      \
    NAMED(byte_group)(KERNEL, STRIDE, d, first, channels);                                                            \
  }
DEFINE_GROUP(3, 1)
DEFINE_GROUP(3, 2)
DEFINE_GROUP(5, 1)
DEFINE_GROUP(5, 2)

static void NAMED(byte_group_any)(const plumb_byte_depthwise *d, size_t first, size_t channels) {
  if (d->kernel == 3 && d->stride == 1) NAMED(byte_group_3_1)(d, first, channels);
  else if (d->kernel == 3) NAMED(byte_group_3_2)(d, first, channels);
  else if (d->stride == 1) NAMED(byte_group_5_1)(d, first, channels);
  else NAMED(byte_group_5_2)(d, first, channels);
}

#undef DEFINE_GROUP
#undef NAMED
#undef JOIN
#undef JOIN_
#undef OF
#undef vbytes
#undef vmask
#undef CHANNELS
