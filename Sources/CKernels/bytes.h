// Numbers as bytes, with a scale a row. Included by kernels.h.

/// The bytes of a vector of numbers from 0 to 255, all whole.
INLINE void store_bytes(uint8_t *y, vf v, size_t count) {
#if VECTOR_BYTES == 64
  _mm512_mask_cvtepi32_storeu_epi8(y, first_lanes(count), _mm512_cvttps_epi32(v));
#else
  const vb bytes = __builtin_convertvector(__builtin_convertvector(v, vi), vb);
  memcpy(y, &bytes, count);
#endif
}

#if VECTOR_BYTES == 64
/// The bytes of 64 whole numbers; what is below 0 or above 255 becomes these.
INLINE __m512i packed_bytes(const __m512i *whole) {
  const __m512i packed =
      _mm512_packus_epi16(_mm512_packs_epi32(whole[0], whole[1]), _mm512_packs_epi32(whole[2], whole[3]));
  // Packing goes lane by lane of four numbers.
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  return _mm512_permutexvar_epi32(order, packed);
}
#endif

/// A row's bytes.
INLINE void spread(const float *x, size_t count, float inverse, float offset, float limit, uint8_t *y) {
#define BYTES_OF(V) smaller(larger(rounded((V) * inverse) + offset, (vf){0}), all(limit))
  size_t i = 0;
#if VECTOR_BYTES == 64
  for (; i + 64 <= count; i += 64) {
    __m512i whole[4];
    _Pragma("clang loop unroll(full)") for (int k = 0; k < 4; k++) whole[k] = _mm512_min_epi32(
        _mm512_add_epi32(_mm512_cvtps_epi32(load(x + i + k * LANES) * inverse), _mm512_set1_epi32((int32_t)offset)),
        _mm512_set1_epi32((int32_t)limit));
    _mm512_storeu_si512(y + i, packed_bytes(whole));
  }
#endif
  for (; i + LANES <= count; i += LANES) store_bytes(y + i, BYTES_OF(load(x + i)), LANES);
  if (i < count) store_bytes(y + i, BYTES_OF(load_some(x + i, count - i)), count - i);
#undef BYTES_OF
}

/// The largest and the smallest number of a row, lane by lane and with zero among them; gives where a number is none.
INLINE vi extremes(const float *x, size_t count, vf *top, vf *bottom) {
  vf high = {0}, low = {0};
  vi strange = {0};
  for (size_t i = 0; i < count; i += LANES) {
    const vf v = i + LANES <= count ? load(x + i) : load_some(x + i, count - i);
    strange |= v != v;
    high = larger(v, high);
    low = smaller(v, low);
  }
  *top = high;
  *bottom = low;
  return strange;
}

static plumb_row_scale quantize_row(const float *x, size_t count, int32_t levels, uint8_t *y) {
  vf top, bottom;
  const vi strange = extremes(x, count, &top, &bottom);
  const float most = largest(top), least = smallest(bottom);
  const float range = most - least;
  // An infinite number makes the range infinite.
  const int is_finite = !any(strange) && range <= FLT_MAX;
  if (range < FLT_MIN || !is_finite) {
    memset(y, 0, count);
    return (plumb_row_scale){is_finite ? 0 : NAN, 0};
  }
  const float scale = range / (float)levels, inverse = (float)levels / range;
  const float offset = rounded(all(-least * inverse))[0];
  spread(x, count, inverse, offset, (float)levels, y);
  return (plumb_row_scale){scale, (int32_t)offset};
}

#if VECTOR_BYTES == 64
/// The largest numbers, or with `smaller` the smallest, of 16 vectors: of the first in lane 0.
#define DEFINE_ACROSS(NAME, CHOSEN)                                                                            \
  INLINE vf NAME(vf *v) {                                                                                      \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 8; i++)                                             \
        v[i] = CHOSEN(_mm512_unpacklo_ps(v[2 * i], v[2 * i + 1]), _mm512_unpackhi_ps(v[2 * i], v[2 * i + 1])); \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 4; i++) {                                           \
      const __m512d a = (__m512d)v[2 * i], b = (__m512d)v[2 * i + 1];                                          \
      v[i] = CHOSEN((vf)_mm512_unpacklo_pd(a, b), (vf)_mm512_unpackhi_pd(a, b));                               \
    }                                                                                                          \
    _Pragma("clang loop unroll(full)") for (int count = 2; count > 0; count /= 2)                              \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < count; i++) v[i] =                              \
        CHOSEN(_mm512_shuffle_f32x4(v[2 * i], v[2 * i + 1], 0x88), _mm512_shuffle_f32x4(v[2 * i], v[2 * i + 1], 0xDD)); \
    return v[0];                                                                                               \
  }
DEFINE_ACROSS(largest_across, larger)
DEFINE_ACROSS(smallest_across, smaller)

/// Quantises 16 rows together, whose ranges and scales then are lanes of vectors: most rows are short. Gives up where a row has a number that
/// is not finite, or no range.
static int quantize_16_rows(const float *x, size_t count, int32_t levels, uint8_t *y, plumb_row_scale *scales) {
  vf top[16], bottom[16];
  vi strange = {0};
  for (int row = 0; row < 16; row++) strange |= extremes(x + row * count, count, top + row, bottom + row);
  const vf least = smallest_across(bottom), range = largest_across(top) - least;
  if (any(strange | ~(range <= FLT_MAX) | (range < FLT_MIN))) return 0;
  const vf limit = all((float)levels);
  const vf scale = range / limit, inverse = limit / range, offset = rounded(-least * inverse);
  float inverses[16], offsets[16];
  store(inverses, inverse);
  store(offsets, offset);
  for (int row = 0; row < 16; row++) {
    spread(x + row * count, count, inverses[row], offsets[row], (float)levels, y + row * count);
    scales[row] = (plumb_row_scale){scale[row], (int32_t)offsets[row]};
  }
  return 1;
}
#endif

static void quantize(const float *x, size_t rows, size_t count, int32_t levels, uint8_t *y, plumb_row_scale *scales) {
  for (size_t first = 0; first < rows; first += 16) {
    const size_t end = rows - first < 16 ? rows : first + 16;
#if VECTOR_BYTES == 64
    if (end == first + 16 && quantize_16_rows(x + first * count, count, levels, y + first * count, scales + first)) continue;
#endif
    for (size_t row = first; row < end; row++)
      scales[row] = quantize_row(x + row * count, count, levels, y + row * count);
  }
}

/// The largest sum of magnitudes in a group: numbers 0, 1, 4, 5 or 2, 3, 6, 7 of eight.
static float largest_group(const float *x, size_t count) {
  float most = 0;
  for (size_t i = 0; i + 8 <= count; i += 8)
    for (size_t g = i; g < i + 4; g += 2)
      most = fmaxf(most, fabsf(x[g]) + fabsf(x[g + 1]) + fabsf(x[g + 4]) + fabsf(x[g + 5]));
  return most;
}

static float quantize_weights(const float *x, size_t count, int32_t group_limit, int8_t *y, int32_t *total) {
  vf top = {0};
  vi strange = {0};
  size_t i = 0;
  float most = 0;
  for (; i + LANES <= count; i += LANES) {
    const vf magnitude = (vf)((vi)load(x + i) & 0x7FFFFFFF);
    strange |= ~(magnitude <= FLT_MAX);
    top = larger(magnitude, top);
  }
  int is_strange = any(strange);
  for (; i < count; i++) {
    is_strange |= !(fabsf(x[i]) <= FLT_MAX);
    most = fmaxf(most, fabsf(x[i]));
  }
  most = fmaxf(most, largest(top));
  *total = 0;
  if (is_strange || most < FLT_MIN) {
    memset(y, 0, count);
    return is_strange ? NAN : 0;
  }
  float inverse = 127 / most;
  // Rounding can add a half to each of the four.
  if (group_limit > 0) inverse = fminf(inverse, (float)(group_limit - 2) / largest_group(x, count));
  int32_t sum = 0;
  for (i = 0; i < count; i++) {
    // The magic number rounds to nearest even, and its low bits then are the whole number.
    const float v = x[i] * inverse + 12582912.0f;
    int32_t bits;
    memcpy(&bits, &v, sizeof bits);
    y[i] = (int8_t)(bits - 0x4B400000);
    sum += y[i];
  }
  *total = sum;
  return 1 / inverse;
}

static void dequantize(const int32_t *x, plumb_row_scale row, const int32_t *column_sums,
                       const float *column_scales, const float *bias, size_t count, float *y) {
  for (size_t i = 0; i < count; i++)
    y[i] = (float)(x[i] - row.zero * column_sums[i]) * (row.scale * column_scales[i]) + (bias ? bias[i] : 0);
}
