#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"
#define VECTOR_BYTES 64

#pragma clang attribute push(__attribute__((target(AVX512))), apply_to = function)
#include "kernels.h"
#include "wide_product.h"

#define KIND floats
#define MULTIPLY_ADD(sum, x, w) _mm512_fmadd_ps(x, w, sum)
#include "wide_tiles.h"
static void float_product(const plumb_float_product *p) { multiply_floats(p, tiles_floats); }
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target(AVX512 ",avx512vnni"))), apply_to = function)
#define KIND bytes
#define MULTIPLY_ADD(sum, x, w) (vf)_mm512_dpbusd_epi32((__m512i)(sum), (__m512i)(x), (__m512i)(w))
#include "wide_tiles.h"
static void byte_product(const plumb_byte_product *p) { multiply_bytes(p, tiles_bytes); }

#include "scan_vnni.h"

#define CHANNELS 64
#define vbytes __m512i
#define vmask __mmask64
#define OF(function) _mm512_##function
#include "byte_depthwise.h"

#define CHANNELS 32
#define vbytes __m256i
#define vmask __mmask32
#define OF(function) _mm256_##function
#include "byte_depthwise.h"

static void byte_depthwise(const plumb_byte_depthwise *d) {
  for (size_t first = 0; first < d->channels;) {
    const size_t left = d->channels - first, group = plumb_byte_depthwise_group(left);
    if (first >= d->first_channel && first < d->first_channel + d->channel_count) {
      if (group == 64) byte_group_any_64(d, first, left);
      else byte_group_any_32(d, first, left);
    }
    first += group;
  }
}
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target(AVX512 ",avx512bf16"))), apply_to = function)
#define KIND halves
#define MULTIPLY_ADD(sum, x, w) _mm512_dpbf16_ps(sum, (__m512bh)(x), (__m512bh)(w))
#include "wide_tiles.h"
static void half_product(const plumb_float_product *p) { multiply_floats(p, tiles_halves); }
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target(AVX512 ",avx512vnni,amx-tile,amx-int8,amx-bf16"))), apply_to = function)
#include "amx_product.h"

#define KIND bytes
#define MULTIPLY_ADD(sums, rows, panel) _tile_dpbusd(sums, rows, panel)
#include "amx_tiles.h"
static void byte_product_amx(const plumb_byte_product *p) {
  const wide_operands operands = operands_of_bytes(p);
  multiply_amx_bytes(&operands, finish_bytes, p);
}

#define KIND halves
#define MULTIPLY_ADD(sums, rows, panel) _tile_dpbf16ps(sums, rows, panel)
#include "amx_tiles.h"
static void half_product_amx(const plumb_float_product *p) {
  const wide_operands operands = operands_of_floats(p);
  multiply_amx_halves(&operands, finish_floats, p);
}
#pragma clang attribute pop

// Without VNNI the product of bytes is that of AVX2, whose weights are scaled for 16-bit sums.
const plumb_kernels plumb_kernels_avx512 = {
    KERNEL_LOOPS("avx512", "AVX-512"), .float_product = float_product, .byte_product = plumb_byte_product_avx2,
    .scan_bytes = plumb_scan_bytes_avx2,
    .byte_levels = PLUMB_BYTE_LEVELS, .byte_group = PLUMB_BYTE_GROUP};
const plumb_kernels plumb_kernels_avx512vnni = {
    KERNEL_LOOPS("avx512vnni", "AVX-512 with VNNI"), .float_product = float_product, .byte_product = byte_product,
    .scan_bytes = scan_bytes, .byte_depthwise = byte_depthwise, .byte_levels = 255};
const plumb_kernels plumb_kernels_avx512bf16 = {
    KERNEL_LOOPS("avx512bf16", "AVX-512 with VNNI and bf16"), .float_product = float_product,
    .half_product = half_product, .scan_bytes = scan_bytes, .byte_product = byte_product, .byte_depthwise = byte_depthwise, .byte_levels = 255};
const plumb_kernels plumb_kernels_amx = {
    KERNEL_LOOPS("amx", "AVX-512 with AMX"), .float_product = float_product, .half_product = half_product_amx,
    .scan_bytes = scan_bytes, .byte_product = byte_product_amx, .byte_depthwise = byte_depthwise, .byte_levels = 255};
#endif
