// Numbers as bytes, with a scale a row. Included by kernels.h.

static plumb_row_scale quantize(const float *x, size_t count, int32_t levels, uint8_t *y) {
  // x − x is 0, or not a number when x is none or infinite.
  vf top = {0}, bottom = {0}, strange = {0};
  size_t i = 0;
  float most = 0, least = 0, tail = 0;
  for (; i + LANES <= count; i += LANES) {
    const vf v = load(x + i);
    strange += v - v;
    top = larger(v, top);
    bottom = smaller(v, bottom);
  }
  for (; i < count; i++) {
    tail += x[i] - x[i];
    most = x[i] > most ? x[i] : most;
    least = x[i] < least ? x[i] : least;
  }
  most = fmaxf(most, largest(top));
  least = fminf(least, smallest(bottom));
  const float range = most - least;
  const int is_finite = sum(strange) + tail == 0 && isfinite(range);
  if (range < FLT_MIN || !is_finite) {
    memset(y, 0, count);
    return (plumb_row_scale){is_finite ? 0 : NAN, 0};
  }
  const float scale = range / (float)levels, inverse = (float)levels / range;
  const int32_t zero = (int32_t)lrintf(-least * inverse);
  const float limit = (float)levels, offset = (float)zero;
  for (i = 0; i + LANES <= count; i += LANES) {
    vf v = rounded(load(x + i) * inverse) + offset;
    v = smaller(larger(v, (vf){0}), all(limit));
    const vb bytes = __builtin_convertvector(__builtin_convertvector(v, vi), vb);
    memcpy(y + i, &bytes, sizeof bytes);
  }
  for (; i < count; i++) {
    const float v = rintf(x[i] * inverse) + offset;
    y[i] = (uint8_t)(v < 0 ? 0 : v > limit ? limit : v);
  }
  return (plumb_row_scale){scale, zero};
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
  int is_strange = 0;
  for (int lane = 0; lane < LANES; lane++) is_strange |= strange[lane] != 0;
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
