// Vectors of VECTOR_BYTES bytes, and the functions of them that the kernels need.
// Included once by each kernels_*.c, which says how wide a vector is and for which instructions it compiles.
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#define LANES (VECTOR_BYTES / 4)
#define INLINE static inline __attribute__((always_inline))

typedef float vf __attribute__((vector_size(VECTOR_BYTES)));
typedef int32_t vi __attribute__((vector_size(VECTOR_BYTES)));
typedef uint32_t vu __attribute__((vector_size(VECTOR_BYTES)));
typedef uint16_t vh __attribute__((vector_size(VECTOR_BYTES / 2)));
typedef uint8_t vb __attribute__((vector_size(VECTOR_BYTES / 4)));

INLINE vf load(const float *p) {
  vf v;
  memcpy(&v, p, sizeof v);
  return v;
}
INLINE void store(float *p, vf v) { memcpy(p, &v, sizeof v); }
INLINE vf all(float x) { return x - (vf){0}; }
INLINE vi all_i(int32_t x) { return x - (vi){0}; }

/// The first `count` lanes from memory, zeros behind them.
#if VECTOR_BYTES == 64
INLINE __mmask16 first_lanes(size_t count) { return count < LANES ? (__mmask16)((1u << count) - 1) : 0xFFFF; }
INLINE vf load_some(const float *p, size_t count) { return _mm512_maskz_loadu_ps(first_lanes(count), p); }
INLINE void store_some(float *p, vf v, size_t count) { _mm512_mask_storeu_ps(p, first_lanes(count), v); }
#else
INLINE vf load_some(const float *p, size_t count) {
  vf v = {0};
  memcpy(&v, p, count * sizeof(float));
  return v;
}
INLINE void store_some(float *p, vf v, size_t count) { memcpy(p, &v, count * sizeof(float)); }
#endif

INLINE vf choose(vi mask, vf a, vf b) { return (vf)(((vi)a & mask) | ((vi)b & ~mask)); }
INLINE vf larger(vf a, vf b) { return choose(a > b, a, b); }
INLINE vf smaller(vf a, vf b) { return choose(a < b, a, b); }

typedef float v4 __attribute__((vector_size(16)));

INLINE float sum(vf v) {
  v4 parts[LANES / 4];
  memcpy(parts, &v, sizeof v);
  for (int i = 1; i < LANES / 4; i++) parts[0] += parts[i];
  return (parts[0][0] + parts[0][1]) + (parts[0][2] + parts[0][3]);
}
#if VECTOR_BYTES == 64
INLINE float largest(vf v) { return _mm512_reduce_max_ps(v); }
INLINE float smallest(vf v) { return _mm512_reduce_min_ps(v); }
#else
INLINE float largest(vf v) {
  v4 parts[LANES / 4];
  memcpy(parts, &v, sizeof v);
  v4 m = parts[0];
  for (int i = 1; i < LANES / 4; i++)
    for (int lane = 0; lane < 4; lane++) m[lane] = m[lane] > parts[i][lane] ? m[lane] : parts[i][lane];
  const float low = m[0] > m[1] ? m[0] : m[1], high = m[2] > m[3] ? m[2] : m[3];
  return low > high ? low : high;
}
INLINE float smallest(vf v) {
  float m = v[0];
  for (int i = 1; i < LANES; i++) m = v[i] < m ? v[i] : m;
  return m;
}
#endif

/// Whether a lane of a mask is set.
INLINE int any(vi mask) {
#if VECTOR_BYTES == 64
  return _mm512_test_epi32_mask((__m512i)mask, (__m512i)mask) != 0;
#elif VECTOR_BYTES == 32
  return _mm256_movemask_ps((__m256)mask) != 0;
#else
  int is_set = 0;
  for (int lane = 0; lane < LANES; lane++) is_set |= mask[lane];
  return is_set != 0;
#endif
}

/// The nearest whole number, ties to even, for |x| < 2²².
INLINE vf rounded(vf x) {
  const float magic = 12582912.0f;  // 1.5 · 2²³
  vf t = x + magic;
  return t - magic;
}

/// e^r for |r| ≤ ln 2 / 2.
INLINE vf exponential_near_zero(vf r) {
  vf p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  return p * (r * r) + r + 1.0f;
}

#if VECTOR_BYTES == 64
/// e^x to about 1 ulp; 0 below −87.3, at most e^88.3.
INLINE vf exponential(vf x) {
  const __mmask16 counts = _mm512_cmp_ps_mask(x, all(-87.3f), _CMP_NLT_UQ);
  x = smaller(x, all(88.3f));
  const vf n = _mm512_roundscale_ps(x * 1.44269504088896341f, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const vf r = x - n * 0.693359375f + n * 2.12194440e-4f;
  return _mm512_maskz_scalef_ps(counts, exponential_near_zero(r), n);
}

/// 1/x to about 1 ulp.
INLINE vf reciprocal(vf x) {
  const vf r = _mm512_rcp14_ps(x);
  return r * (2.0f - x * r);
}
#else
/// e^x to about 1 ulp; 0 below −87.3, at most e^88.3.
INLINE vf exponential(vf x) {
  vi tiny = x < -87.3f;
  x = smaller(larger(x, all(-87.3f)), all(88.3f));
  vf n = rounded(x * 1.44269504088896341f);
  vf r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  vi power = (__builtin_convertvector(n, vi) + 127) << 23;
  vf y = exponential_near_zero(r) * (vf)power;
  return (vf)((vi)y & ~tiny);
}

/// 1/x
INLINE vf reciprocal(vf x) { return 1.0f / x; }
#endif

INLINE vf quick_gelu_of(vf x) { return x * reciprocal(1.0f + exponential(x * -1.702f)); }

/// x·Φ(x), with the error function of Abramowitz and Stegun 7.1.26 (|error| ≤ 1.5e-7).
INLINE vf gelu_of(vf x) {
  vf z = x * 0.70710678118654752f;
  vf magnitude = (vf)((vi)z & 0x7FFFFFFF);
  vf t = reciprocal(1.0f + 0.3275911f * magnitude);
  vf p = t * 1.061405429f - 1.453152027f;
  p = p * t + 1.421413741f;
  p = p * t - 0.284496736f;
  p = p * t + 0.254829592f;
  vf e = 1.0f - p * t * exponential(-(magnitude * magnitude));
  vf erf = (vf)((vi)e | ((vi)z & (int32_t)0x80000000));
  return 0.5f * x * (1.0f + erf);
}
