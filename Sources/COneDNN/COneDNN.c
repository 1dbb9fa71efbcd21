#define _GNU_SOURCE
#include "COneDNN.h"

#include <dlfcn.h>
#include <dnnl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t descriptor;  // an owned handle
typedef const_dnnl_memory_desc_t descriptor_reference;
#define REFERENCE(d) (d)
#else
typedef dnnl_memory_desc_t descriptor;  // a value
typedef const dnnl_memory_desc_t *descriptor_reference;
#define REFERENCE(d) (&(d))
#endif

// ---------------------------------------------------------------- the engine, and threads

static dnnl_engine_t shared_engine;
static void (*set_openmp_threads)(int);

static void prepare(void) {
  // The OpenMP runtime that oneDNN was linked with, if any; its thread count belongs to each thread.
  *(void **)&set_openmp_threads = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
  if (dnnl_engine_create(&shared_engine, dnnl_cpu, 0) != dnnl_success) shared_engine = NULL;
}

static dnnl_engine_t engine(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, prepare);
  // oneDNN reads the number of threads both when it compiles and when it runs a product.
  static _Thread_local int is_single;
  if (!is_single && set_openmp_threads) set_openmp_threads(1);
  is_single = 1;
  return shared_engine;
}

static dnnl_stream_t stream(void) {
  static _Thread_local dnnl_stream_t own;
  if (!own && dnnl_stream_create(&own, engine(), dnnl_stream_default_flags) != dnnl_success) own = NULL;
  return own;
}

// ---------------------------------------------------------------- what the processor has

const char *plumb_dnn_version(void) {
  static char text[32];
  const dnnl_version_t *v = dnnl_version();
  snprintf(text, sizeof text, "%d.%d.%d", v->major, v->minor, v->patch);
  return text;
}

const char *plumb_dnn_instructions(void) {
  switch (dnnl_get_effective_cpu_isa()) {
    case dnnl_cpu_isa_sse41: return "SSE4.1";
    case dnnl_cpu_isa_avx: return "AVX";
    case dnnl_cpu_isa_avx2: return "AVX2";
    case dnnl_cpu_isa_avx2_vnni: return "AVX2 with VNNI";
    case dnnl_cpu_isa_avx512_core: return "AVX-512";
    case dnnl_cpu_isa_avx512_core_vnni: return "AVX-512 with VNNI";
    case dnnl_cpu_isa_avx512_core_bf16: return "AVX-512 with VNNI and bf16";
    case dnnl_cpu_isa_avx512_core_amx: return "AVX-512 with AMX";
    // Versions differ in what else they name.
    default: return "all that it knows";
  }
}

void plumb_dnn_limit(plumb_dnn_limits limit) {
  if (limit == PLUMB_DNN_BASELINE) dnnl_set_max_cpu_isa(dnnl_cpu_isa_sse41);
  if (limit == PLUMB_DNN_AVX2) dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx2);
}

// ---------------------------------------------------------------- descriptors

static dnnl_data_type_t data_type(plumb_dnn_type type) {
  switch (type) {
    case PLUMB_DNN_F32: return dnnl_f32;
    case PLUMB_DNN_U8: return dnnl_u8;
    case PLUMB_DNN_S8: return dnnl_s8;
    case PLUMB_DNN_S32: return dnnl_s32;
  }
  return dnnl_data_type_undef;
}

static int describe(descriptor *d, int64_t rows, int64_t columns, plumb_dnn_type type, int64_t row_stride,
                    int64_t column_stride) {
  dnnl_dims_t dims = {rows, columns}, strides = {row_stride, column_stride};
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_desc_create_with_strides(d, 2, dims, data_type(type), strides) == dnnl_success;
#else
  return dnnl_memory_desc_init_by_strides(d, 2, dims, data_type(type), strides) == dnnl_success;
#endif
}

static void forget(descriptor *d) {
#if DNNL_VERSION_MAJOR >= 3
  if (*d) dnnl_memory_desc_destroy(*d);
  *d = NULL;
#else
  (void)d;
#endif
}

static int copy(descriptor *to, descriptor_reference from) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_desc_clone(to, from) == dnnl_success;
#else
  *to = *from;
  return 1;
#endif
}

// ---------------------------------------------------------------- products

struct plumb_dnn_product {
  dnnl_primitive_t primitive;
  descriptor source, weights, bias, destination, scratch;
  const char *implementation;
  int has_bias;
};

static dnnl_primitive_attr_t attributes(plumb_dnn_epilogue epilogue) {
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_post_ops_t operations = NULL;
  if (dnnl_primitive_attr_create(&attributes) != dnnl_success) return NULL;
  // Memory for scratch is the caller's, so that several threads can run one product at once.
  dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user);
  if (epilogue == PLUMB_DNN_NONE || dnnl_post_ops_create(&operations) != dnnl_success) return attributes;
#if DNNL_VERSION_MAJOR >= 3
  if (epilogue == PLUMB_DNN_ADD)
    dnnl_post_ops_append_sum(operations, 1, 0, dnnl_data_type_undef);
  else if (epilogue == PLUMB_DNN_QUICK_GELU)
    dnnl_post_ops_append_eltwise(operations, dnnl_eltwise_swish, 1.702f, 0);
  else if (epilogue == PLUMB_DNN_RELU6)
    dnnl_post_ops_append_eltwise(operations, dnnl_eltwise_clip, 0, 6);
  else
    dnnl_post_ops_append_eltwise(operations, dnnl_eltwise_gelu_erf, 0, 0);
#else
  if (epilogue == PLUMB_DNN_ADD)
    dnnl_post_ops_append_sum(operations, 1);
  else if (epilogue == PLUMB_DNN_QUICK_GELU)
    dnnl_post_ops_append_eltwise(operations, 1, dnnl_eltwise_swish, 1.702f, 0);
  else if (epilogue == PLUMB_DNN_RELU6)
    dnnl_post_ops_append_eltwise(operations, 1, dnnl_eltwise_clip, 0, 6);
  else
    dnnl_post_ops_append_eltwise(operations, 1, dnnl_eltwise_gelu_erf, 0, 0);
#endif
  dnnl_primitive_attr_set_post_ops(attributes, operations);
  dnnl_post_ops_destroy(operations);
  return attributes;
}

/// The description of a product; also fills source, weights, bias, destination.
static dnnl_primitive_desc_t describe_product(const plumb_dnn_shape *s, plumb_dnn_product *p) {
  dnnl_engine_t where = engine();
  if (!where) return NULL;
  if (!describe(&p->source, s->rows, s->inputs, s->source_type, s->source_stride, 1)) return NULL;
  // oneDNN's weights are (inputs, outputs); ours are (outputs, inputs), which is the same seen by columns.
  if (!describe(&p->weights, s->inputs, s->outputs, s->weights_type, 1, s->inputs)) return NULL;
  if (!describe(&p->destination, s->rows, s->outputs, s->destination_type, s->destination_stride, 1))
    return NULL;
  p->has_bias = s->has_bias;
  if (s->has_bias && !describe(&p->bias, 1, s->outputs, PLUMB_DNN_F32, s->outputs, 1)) return NULL;
  dnnl_primitive_attr_t how = attributes(s->epilogue);
  if (!how) return NULL;
  dnnl_primitive_desc_t description = NULL;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_status_t status = dnnl_matmul_primitive_desc_create(
      &description, where, p->source, p->weights, s->has_bias ? p->bias : NULL, p->destination, how);
#else
  dnnl_matmul_desc_t operation;
  dnnl_status_t status = dnnl_matmul_desc_init(&operation, &p->source, &p->weights,
                                               s->has_bias ? &p->bias : NULL, &p->destination);
  if (status == dnnl_success)
    status = dnnl_primitive_desc_create(&description, &operation, how, where, NULL);
#endif
  dnnl_primitive_attr_destroy(how);
  return status == dnnl_success ? description : NULL;
}

plumb_dnn_product *plumb_dnn_product_create(const plumb_dnn_shape *shape) {
  plumb_dnn_product *product = calloc(1, sizeof *product);
  if (!product) return NULL;
  dnnl_primitive_desc_t description = describe_product(shape, product);
  int fine = description != NULL &&
             copy(&product->scratch,
                  dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0)) &&
             dnnl_primitive_create(&product->primitive, description) == dnnl_success;
  if (fine && dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, &product->implementation) !=
                  dnnl_success)
    product->implementation = NULL;
  if (description) dnnl_primitive_desc_destroy(description);
  if (fine) return product;
  plumb_dnn_product_destroy(product);
  return NULL;
}

void plumb_dnn_product_destroy(plumb_dnn_product *product) {
  if (!product) return;
  if (product->primitive) dnnl_primitive_destroy(product->primitive);
  forget(&product->source);
  forget(&product->weights);
  forget(&product->bias);
  forget(&product->destination);
  forget(&product->scratch);
  free(product);
}

const char *plumb_dnn_product_implementation(const plumb_dnn_product *product) {
  return product->implementation ? product->implementation : "";
}

size_t plumb_dnn_product_scratch_bytes(const plumb_dnn_product *product) {
  return dnnl_memory_desc_get_size(REFERENCE(product->scratch));
}

int plumb_dnn_product_execute(const plumb_dnn_product *p, const void *source, const void *weights,
                              const float *bias, void *destination, void *scratch) {
  dnnl_engine_t where = engine();
  dnnl_exec_arg_t arguments[5];
  int count = 0, created = 1;
#define ARGUMENT(kind, description, pointer)                                                          \
  do {                                                                                                \
    dnnl_memory_t memory = NULL;                                                                      \
    created = created &&                                                                              \
              dnnl_memory_create(&memory, REFERENCE(description), where, (void *)(pointer)) == dnnl_success; \
    if (memory) arguments[count++] = (dnnl_exec_arg_t){kind, memory};                                 \
  } while (0)
  ARGUMENT(DNNL_ARG_SRC, p->source, source);
  ARGUMENT(DNNL_ARG_WEIGHTS, p->weights, weights);
  ARGUMENT(DNNL_ARG_DST, p->destination, destination);
  if (p->has_bias) ARGUMENT(DNNL_ARG_BIAS, p->bias, bias);
  ARGUMENT(DNNL_ARG_SCRATCHPAD, p->scratch, scratch);
#undef ARGUMENT
  int failed = !created || dnnl_primitive_execute(p->primitive, stream(), count, arguments) != dnnl_success ||
               dnnl_stream_wait(stream()) != dnnl_success;
  for (int i = 0; i < count; i++) dnnl_memory_destroy(arguments[i].memory);
  return failed;
}
