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
  for (; i < count; i += LANES) {
    const size_t some = count - i < LANES ? count - i : LANES;
    a += load_some(x + i, some) * load_some(y + i, some);
  }
  return sum(a + b);
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

static float largest_of(const float *x, size_t count) {
  vf most = all(-INFINITY);
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) most = larger(load(x + i), most);
  float result = largest(most);
  for (; i < count; i++) result = x[i] > result ? x[i] : result;
  return result;
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

/// The bytes ahead of its place at which a loop over much memory asks for it: the next pages, which the processor does not expect by
/// itself. Worth a seventh to a third of the time.
#define READ_AHEAD 8192

static void widen_bf16(const uint16_t *x, size_t count, float *y) {
  for (size_t i = 0; i < count; i++) {
    const uint32_t bits = (uint32_t)x[i] << 16;
    memcpy(y + i, &bits, sizeof bits);
  }
}

#if VECTOR_BYTES == 16
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
INLINE vf load_halves(const uint16_t *p) {
  float x[LANES];
  widen_f16(p, LANES, x);
  return load(x);
}
#else
INLINE vf load_halves(const uint16_t *p) {
#if VECTOR_BYTES == 64
  return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
#else
  return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
#endif
}
#endif
INLINE vf load_some_halves(const uint16_t *p, size_t count) {
  uint16_t x[LANES] = {0};
  memcpy(x, p, count * sizeof *p);
  return load_halves(x);
}
#if VECTOR_BYTES > 16
static void widen_f16(const uint16_t *x, size_t count, float *y) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    __builtin_prefetch((const char *)(x + i) + READ_AHEAD, 0, 2);
    store(y + i, load_halves(x + i));
  }
  if (i < count) store_some(y + i, load_some_halves(x + i, count - i), count - i);
}
#endif

static void widen_bytes(const int8_t *x, size_t count, float *y) {
  for (size_t i = 0; i < count; i++) y[i] = x[i];
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

#include "attention.h"
#include "bytes.h"
#include "depthwise.h"
#include "scan.h"

/// The members of a table that are the same loops for every instruction set.
#define KERNEL_LOOPS(NAME, TITLE)                                                                      \
  .name = NAME, .title = TITLE, .layer_norm = layer_norm, .attention = attention,                      \
  .talking_heads_attention = talking_heads_attention, .add = add, .multiply = multiply, .dot = dot,    \
  .quick_gelu = quick_gelu, .gelu = gelu, .exponentials = exponentials, .relu6 = relu6,                \
  .depthwise = depthwise, .widen_bf16 = widen_bf16, .widen_f16 = widen_f16, .narrow_bf16 = narrow_bf16, \
  .widen_bytes = widen_bytes, .largest = largest_of,                                                   \
  .quantize = quantize, .quantize_weights = quantize_weights, .dequantize = dequantize,                \
  .cut_patches = cut_patches, .scan_floats = scan_floats, .scan_halves = scan_halves
