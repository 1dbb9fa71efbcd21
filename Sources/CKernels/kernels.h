// The kernels, in vectors of any width. Included once by each kernels_*.c.
#include "CKernels.h"
#include "vectors.h"

static void layer_norm(const float *x, size_t x_stride, const float *weight, const float *bias, float epsilon,
                       size_t rows, size_t count, float *y, size_t y_stride) {
  for (size_t row = 0; row < rows; row++, x += x_stride, y += y_stride) {
    vf total = {0}, squares = {0};
    size_t i = 0;
    float tail = 0;
    for (; i + LANES <= count; i += LANES) total += load(x + i);
    for (; i < count; i++) tail += x[i];
    const float mean = (sum(total) + tail) / (float)count;
    tail = 0;
    for (i = 0; i + LANES <= count; i += LANES) {
      vf d = load(x + i) - mean;
      squares += d * d;
    }
    for (; i < count; i++) tail += (x[i] - mean) * (x[i] - mean);
    const float inverse = 1.0f / sqrtf((sum(squares) + tail) / (float)count + epsilon);
    for (i = 0; i + LANES <= count; i += LANES)
      store(y + i, (load(x + i) - mean) * inverse * load(weight + i) + load(bias + i));
    for (; i < count; i++) y[i] = (x[i] - mean) * inverse * weight[i] + bias[i];
  }
}

// ---------------------------------------------------------------- attention

#define TILE_ROWS 6
#define TILE_COLUMNS (2 * LANES)

/// c (rows × TILE_COLUMNS) = a (rows × depth) · b (depth × TILE_COLUMNS), all row-major.
#define DEFINE_TILE(ROWS)                                                                            \
  INLINE void tile_##ROWS(const float *a, size_t a_stride, const float *b, size_t b_stride,          \
                          size_t depth, float *c, size_t c_stride) {                                 \
    vf c0[ROWS] = {{0}}, c1[ROWS] = {{0}};                                                           \
    for (size_t k = 0; k < depth; k++, b += b_stride) {                                              \
      const vf b0 = load(b), b1 = load(b + LANES);                                                   \
      _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {                            \
        const vf s = all(a[r * a_stride + k]);                                                       \
        c0[r] += s * b0;                                                                             \
        c1[r] += s * b1;                                                                             \
      }                                                                                              \
    }                                                                                                \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {                              \
      store(c + r * c_stride, c0[r]);                                                                \
      store(c + r * c_stride + LANES, c1[r]);                                                        \
    }                                                                                                \
  }
DEFINE_TILE(6)
DEFINE_TILE(4)
DEFINE_TILE(2)
DEFINE_TILE(1)

static void tile(size_t rows, const float *a, size_t a_stride, const float *b, size_t b_stride, size_t depth,
                 float *c, size_t c_stride) {
  while (rows > 0) {
    size_t done = rows >= 6 ? 6 : rows >= 4 ? 4 : rows >= 2 ? 2 : 1;
    if (done == 6) tile_6(a, a_stride, b, b_stride, depth, c, c_stride);
    if (done == 4) tile_4(a, a_stride, b, b_stride, depth, c, c_stride);
    if (done == 2) tile_2(a, a_stride, b, b_stride, depth, c, c_stride);
    if (done == 1) tile_1(a, a_stride, b, b_stride, depth, c, c_stride);
    a += done * a_stride;
    c += done * c_stride;
    rows -= done;
  }
}

INLINE size_t rounded_up(size_t n, size_t to) { return (n + to - 1) / to * to; }

/// Turns scores of `seen` keys into probabilities, with zeros up to `padded`.
INLINE void softmax(float *row, size_t seen, size_t padded, float scale) {
  for (size_t i = seen; i < padded; i++) row[i] = -INFINITY;
  vf top = all(-INFINITY);
  for (size_t i = 0; i < padded; i += LANES) top = larger(load(row + i), top);
  const float most = largest(top);
  vf total = {0};
  for (size_t i = 0; i < padded; i += LANES) {
    vf e = exponential((load(row + i) - most) * scale);
    total += e;
    store(row + i, e);
  }
  const float inverse = 1.0f / sum(total);
  for (size_t i = 0; i < padded; i += LANES) store(row + i, load(row + i) * inverse);
}

/// x·y of a head.
INLINE float head_dot(const float *x, const float *y, size_t width) {
  vf s = {0};
  size_t i = 0;
  for (; i + LANES <= width; i += LANES) s += load(x + i) * load(y + i);
  if (i < width) s += load_some(x + i, width - i) * load_some(y + i, width - i);
  return sum(s);
}

/// The queries up to which keys are multiplied as they lie, because bringing them into columns would cost more.
#define FEW_QUERIES 8

/// The attention of few queries, as where captions are written word by word.
static void attention_of_few(const plumb_attention *a, size_t head) {
  const size_t width = a->head_width, keys = a->keys, padded = rounded_up(keys, LANES);
  const float *query = a->query + head * width, *key = a->key + head * width;
  const float *value = a->value + head * width;
  const float scale = 1.0f / sqrtf((float)width);
  float *scores = a->scratch;  // (queries, padded)
  for (size_t k = 0; k < keys; k++)
    for (size_t r = 0; r < a->queries; r++)
      scores[r * padded + k] = head_dot(query + r * a->query_stride, key + k * a->key_stride, width);
  for (size_t r = 0; r < a->queries; r++) {
    const size_t own = a->first_query + r + 1, seen = a->causal && own < keys ? own : keys;
    const float *p = scores + r * padded;
    float *to = a->output + head * width + r * a->output_stride;
    softmax(scores + r * padded, seen, padded, scale);
    size_t i = 0;
    for (; i + 4 * LANES <= width; i += 4 * LANES) {
      vf s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
      for (size_t k = 0; k < seen; k++) {
        const float *v = value + k * a->key_stride + i;
        s0 += p[k] * load(v);
        s1 += p[k] * load(v + LANES);
        s2 += p[k] * load(v + 2 * LANES);
        s3 += p[k] * load(v + 3 * LANES);
      }
      store(to + i, s0);
      store(to + i + LANES, s1);
      store(to + i + 2 * LANES, s2);
      store(to + i + 3 * LANES, s3);
    }
    for (; i < width; i += LANES) {
      const size_t some = width - i < LANES ? width - i : LANES;
      vf s = {0};
      for (size_t k = 0; k < seen; k++) s += p[k] * load_some(value + k * a->key_stride + i, some);
      store_some(to + i, s, some);
    }
  }
}

static void attention(const plumb_attention *a, size_t head) {
  if (a->queries <= FEW_QUERIES) {
    attention_of_few(a, head);
    return;
  }
  const size_t width = a->head_width, keys = a->keys, padded = rounded_up(keys, TILE_COLUMNS);
  const size_t padded_width = rounded_up(width, TILE_COLUMNS);
  const float *query = a->query + head * width, *key = a->key + head * width;
  const float *value = a->value + head * width;
  float *output = a->output + head * width;
  const float scale = 1.0f / sqrtf((float)width);

  float *transposed = a->scratch;                  // (width, padded)
  float *values = transposed + width * padded;     // (padded keys, padded width)
  float *scores = values + padded * padded_width;  // (TILE_ROWS, padded)
  float *result = scores + TILE_ROWS * padded;     // (TILE_ROWS, padded width)
  for (size_t k = 0; k < keys; k++) {
    for (size_t i = 0; i < width; i++) transposed[i * padded + k] = key[k * a->key_stride + i];
    memcpy(values + k * padded_width, value + k * a->key_stride, width * sizeof(float));
    for (size_t i = width; i < padded_width; i++) values[k * padded_width + i] = 0;
  }
  for (size_t i = 0; i < width; i++)
    for (size_t k = keys; k < padded; k++) transposed[i * padded + k] = 0;

  for (size_t first = 0; first < a->queries; first += TILE_ROWS) {
    const size_t rows = a->queries - first < TILE_ROWS ? a->queries - first : TILE_ROWS;
    // The last row of a causal tile sees the most keys.
    const size_t last = a->first_query + first + rows;
    const size_t seen = a->causal && last < keys ? last : keys;
    const size_t columns = rounded_up(seen, TILE_COLUMNS);
    for (size_t c = 0; c < columns; c += TILE_COLUMNS)
      tile(rows, query + first * a->query_stride, a->query_stride, transposed + c, padded, width, scores + c,
           padded);
    for (size_t r = 0; r < rows; r++) {
      const size_t own = a->first_query + first + r + 1;
      softmax(scores + r * padded, a->causal && own < keys ? own : keys, columns, scale);
    }
    // Heads of whole tiles are written where they belong.
    float *to = output + first * a->output_stride;
    const int is_whole = padded_width == width;
    for (size_t c = 0; c < padded_width; c += TILE_COLUMNS)
      tile(rows, scores, padded, values + c, padded_width, seen, is_whole ? to + c : result + c,
           is_whole ? a->output_stride : padded_width);
    for (size_t r = 0; r < rows && !is_whole; r++)
      memcpy(to + r * a->output_stride, result + r * padded_width, width * sizeof(float));
  }
}

/// Attention of all heads at once, whose scores are mixed across the heads before the softmax, and whose probabilities
/// are after it. A few rows of all heads' maps stay in the cache, where a mixer is one small product over them.
static void talking_heads_attention(const plumb_attention *a, const plumb_talking_heads *mixers) {
  const size_t heads = mixers->heads, width = a->head_width, keys = a->keys;
  const size_t padded = rounded_up(keys, TILE_COLUMNS), padded_width = rounded_up(width, TILE_COLUMNS);
  const size_t map = TILE_ROWS * padded;  // the rows of one head
  const float scale = 1.0f / sqrtf((float)width);

  float *transposed = a->scratch;                          // (heads, width, padded)
  float *values = transposed + heads * width * padded;     // (heads, padded keys, padded width)
  float *scores = values + heads * padded * padded_width;  // (heads, TILE_ROWS, padded)
  float *mixed = scores + heads * map;                     // (heads, TILE_ROWS, padded)
  float *result = mixed + heads * map;                     // (TILE_ROWS, padded width)
  for (size_t head = 0; head < heads; head++) {
    const float *key = a->key + head * width, *value = a->value + head * width;
    float *across = transposed + head * width * padded, *down = values + head * padded * padded_width;
    for (size_t k = 0; k < keys; k++) {
      for (size_t i = 0; i < width; i++) across[i * padded + k] = key[k * a->key_stride + i];
      memcpy(down + k * padded_width, value + k * a->key_stride, width * sizeof(float));
      for (size_t i = width; i < padded_width; i++) down[k * padded_width + i] = 0;
    }
    for (size_t i = 0; i < width; i++)
      for (size_t k = keys; k < padded; k++) across[i * padded + k] = 0;
  }

  for (size_t first = 0; first < a->queries; first += TILE_ROWS) {
    const size_t rows = a->queries - first < TILE_ROWS ? a->queries - first : TILE_ROWS;
    const size_t last = a->first_query + first + rows;
    const size_t seen = a->causal && last < keys ? last : keys;
    const size_t columns = rounded_up(seen, TILE_COLUMNS);
    for (size_t head = 0; head < heads; head++)
      for (size_t c = 0; c < columns; c += TILE_COLUMNS)
        tile(rows, a->query + head * width + first * a->query_stride, a->query_stride,
             transposed + head * width * padded + c, padded, width, scores + head * map + c, padded);
    for (size_t r = 0; r < rows; r++) {
      const size_t own = a->first_query + first + r + 1;
      for (size_t c = r * padded; c < r * padded + columns; c += TILE_COLUMNS)
        tile(heads, mixers->scores, heads, scores + c, map, heads, mixed + c, map);
      for (size_t head = 0; head < heads; head++)
        softmax(mixed + head * map + r * padded, a->causal && own < keys ? own : keys, columns, scale);
      for (size_t c = r * padded; c < r * padded + columns; c += TILE_COLUMNS)
        tile(heads, mixers->probabilities, heads, mixed + c, map, heads, scores + c, map);
    }
    for (size_t head = 0; head < heads; head++) {
      for (size_t c = 0; c < padded_width; c += TILE_COLUMNS)
        tile(rows, scores + head * map, padded, values + head * padded * padded_width + c, padded_width, seen,
             result + c, padded_width);
      for (size_t r = 0; r < rows; r++)
        memcpy(a->output + head * width + (first + r) * a->output_stride, result + r * padded_width,
               width * sizeof(float));
    }
  }
}

// ---------------------------------------------------------------- element by element

static void add(const float *x, size_t count, float *y) {
  for (size_t i = 0; i < count; i++) y[i] += x[i];
}

static void multiply(float factor, size_t count, float *y) {
  for (size_t i = 0; i < count; i++) y[i] *= factor;
}

static float dot(const float *x, const float *y, size_t count) {
  vf a = {0}, b = {0};
  size_t i = 0;
  for (; i + 2 * LANES <= count; i += 2 * LANES) {
    a += load(x + i) * load(y + i);
    b += load(x + i + LANES) * load(y + i + LANES);
  }
  float s = sum(a + b);
  for (; i < count; i++) s += x[i] * y[i];
  return s;
}

static float exponentials(const float *x, size_t count, float most, float scale, float *y) {
  vf total = {0};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    const vf e = exponential((load(x + i) - most) * scale);
    total += e;
    store(y + i, e);
  }
  float s = sum(total);
  if (i < count) store_some(y + i, exponential((load_some(x + i, count - i) - most) * scale), count - i);
  for (; i < count; i++) s += y[i];
  return s;
}

static void quick_gelu(float *x, size_t count) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) store(x + i, quick_gelu_of(load(x + i)));
  if (i < count) store_some(x + i, quick_gelu_of(load_some(x + i, count - i)), count - i);
}

static void gelu(float *x, size_t count) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) store(x + i, gelu_of(load(x + i)));
  if (i < count) store_some(x + i, gelu_of(load_some(x + i, count - i)), count - i);
}

INLINE vf relu6_of(vf x) { return smaller(larger(x, (vf){0}), all(6.0f)); }

static void relu6(float *x, size_t count) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) store(x + i, relu6_of(load(x + i)));
  if (i < count) store_some(x + i, relu6_of(load_some(x + i, count - i)), count - i);
}

/// What follows a product, but for adding.
INLINE vf followed(vf y, plumb_epilogue epilogue) {
  if (epilogue == PLUMB_RELU6) return relu6_of(y);
  if (epilogue == PLUMB_QUICK_GELU) return quick_gelu_of(y);
  if (epilogue == PLUMB_GELU) return gelu_of(y);
  return y;
}

// ---------------------------------------------------------------- storage types

static void widen_bf16(const uint16_t *x, size_t count, float *y) {
  for (size_t i = 0; i < count; i++) {
    const uint32_t bits = (uint32_t)x[i] << 16;
    memcpy(y + i, &bits, sizeof bits);
  }
}

static void widen_f16(const uint16_t *x, size_t count, float *y) {
  for (size_t i = 0; i < count; i++) {
    const uint32_t sign = (uint32_t)(x[i] & 0x8000) << 16, rest = x[i] & 0x7FFF;
    uint32_t bits;
    if (rest >= 0x7C00) {  // infinite, or not a number
      bits = sign | 0x7F800000 | (rest & 0x3FF) << 13;
      memcpy(y + i, &bits, sizeof bits);
    } else if (rest >= 0x400) {
      bits = sign | ((rest << 13) + (112u << 23));
      memcpy(y + i, &bits, sizeof bits);
    } else {  // subnormal: a multiple of 2⁻²⁴
      const float magnitude = (float)rest * 0x1p-24f;
      y[i] = sign ? -magnitude : magnitude;
    }
  }
}

static void narrow_bf16(const float *x, size_t count, uint16_t *y) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, x + i, sizeof bits);
    const uint32_t even = bits + 0x7FFF + ((bits >> 16) & 1);
    // A number that is none stays one.
    y[i] = (uint16_t)(((bits & 0x7FFFFFFF) > 0x7F800000 ? bits | 0x400000 : even) >> 16);
  }
}

// ---------------------------------------------------------------- bytes

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

// ---------------------------------------------------------------- images

static void cut_patches(const uint8_t *pixels, size_t height, size_t width, size_t patch, const float *table,
                        float *rows) {
  const size_t down = height / patch, across = width / patch, area = patch * patch;
  for (size_t py = 0; py < down; py++)
    for (size_t px = 0; px < across; px++, rows += 3 * area)
      for (size_t y = 0; y < patch; y++) {
        const uint8_t *line = pixels + ((py * patch + y) * width + px * patch) * 3;
        float *red = rows + y * patch, *green = red + area, *blue = green + area;
        for (size_t x = 0; x < patch; x++) {
          red[x] = table[line[3 * x]];
          green[x] = table[256 + line[3 * x + 1]];
          blue[x] = table[512 + line[3 * x + 2]];
        }
      }
}

#include "depthwise.h"
#include "scan.h"

/// The members of a table that are the same loops for every instruction set.
#define KERNEL_LOOPS(NAME, TITLE)                                                                             \
  .name = NAME, .title = TITLE, .layer_norm = layer_norm, .attention = attention,                            \
  .talking_heads_attention = talking_heads_attention, .add = add, .multiply = multiply, .dot = dot, .quick_gelu = quick_gelu, \
  .gelu = gelu, .exponentials = exponentials, .relu6 = relu6, .depthwise = depthwise, .widen_bf16 = widen_bf16, .widen_f16 = widen_f16, .narrow_bf16 = narrow_bf16,                 \
  .quantize = quantize, .quantize_weights = quantize_weights, .dequantize = dequantize, .cut_patches = cut_patches, \
  .scan_floats = scan_floats, .scan_halves = scan_halves
