#include "CCurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

// From curl's public headers; fixed for ever by its promise of a stable binary interface.
enum {
  OPT_URL = 10002,
  OPT_WRITEFUNCTION = 20011,
  OPT_WRITEDATA = 10001,
  OPT_HEADERFUNCTION = 20079,
  OPT_HEADERDATA = 10029,
  OPT_HTTPHEADER = 10023,
  OPT_ERRORBUFFER = 10010,
  OPT_USERAGENT = 10018,
  OPT_LOW_SPEED_LIMIT = 19,
  OPT_LOW_SPEED_TIME = 20,
  OPT_CONNECTTIMEOUT = 78,
  OPT_TIMEOUT = 13,
  OPT_POST = 47,
  OPT_POSTFIELDS = 10015,
  OPT_POSTFIELDSIZE_LARGE = 30120,
  OPT_NOSIGNAL = 99,
  OPT_PROTOCOLS = 181,
  OPT_SUPPRESS_CONNECT_HEADERS = 265,
  PROTOCOLS_HTTP_AND_HTTPS = 3,
  GLOBAL_ALL = 3,
  E_OK = 0,
  E_UNSUPPORTED_PROTOCOL = 1,
  E_URL_MALFORMAT = 3,
  E_WRITE_ERROR = 23,
  E_SSL_CERTPROBLEM = 58,
  E_PEER_FAILED_VERIFICATION = 60,
  E_SSL_CACERT_BADFILE = 77,
};

static struct {
  int loaded;
  int (*global_init)(long);
  void *(*easy_init)(void);
  int (*easy_setopt)(void *, int, ...);
  int (*easy_perform)(void *);
  void (*easy_cleanup)(void *);
  void *(*slist_append)(void *, const char *);
  void (*slist_free_all)(void *);
  const char *(*easy_strerror)(int);
} curl;

static void load(void) {
  static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.4.dylib"};
  void *library = NULL;
  for (size_t i = 0; i < sizeof names / sizeof *names && !library; i++) {
    library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
  }
  if (!library) return;
  *(void **)&curl.global_init = dlsym(library, "curl_global_init");
  *(void **)&curl.easy_init = dlsym(library, "curl_easy_init");
  *(void **)&curl.easy_setopt = dlsym(library, "curl_easy_setopt");
  *(void **)&curl.easy_perform = dlsym(library, "curl_easy_perform");
  *(void **)&curl.easy_cleanup = dlsym(library, "curl_easy_cleanup");
  *(void **)&curl.slist_append = dlsym(library, "curl_slist_append");
  *(void **)&curl.slist_free_all = dlsym(library, "curl_slist_free_all");
  *(void **)&curl.easy_strerror = dlsym(library, "curl_easy_strerror");
  curl.loaded = curl.global_init && curl.easy_init && curl.easy_setopt && curl.easy_perform &&
                curl.easy_cleanup && curl.slist_append && curl.slist_free_all && curl.easy_strerror &&
                curl.global_init(GLOBAL_ALL) == E_OK;
}

int curl_is_available(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return curl.loaded;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *receiver) {
  const curl_get_receiver *to = receiver;
  return to->header(to->context, bytes, size * count) ? size * count : 0;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *receiver) {
  const curl_get_receiver *to = receiver;
  // Nothing to take is not a wish to stop.
  return size * count == 0 || to->body(to->context, bytes, size * count) ? size * count : 0;
}

// What a request says, whatever its method.
typedef struct {
  const char *url;
  const char *const *headers;
  size_t header_count;
  // Null for a GET.
  const char *body;
  size_t body_count;
  curl_patience patience;
} request;

static curl_get_result perform(const request *request, curl_get_receiver receiver, char message[256]) {
  message[0] = 0;
  if (!curl_is_available()) return CURL_GET_NO_LIBRARY;
  void *handle = curl.easy_init();
  if (!handle) return CURL_GET_NO_LIBRARY;

  void *list = NULL;
  for (size_t i = 0; i < request->header_count; i++) {
    void *longer = curl.slist_append(list, request->headers[i]);
    if (!longer) break;
    list = longer;
  }
  curl.easy_setopt(handle, OPT_NOSIGNAL, 1L);
  curl.easy_setopt(handle, OPT_URL, request->url);
  curl.easy_setopt(handle, OPT_PROTOCOLS, (long)PROTOCOLS_HTTP_AND_HTTPS);
  curl.easy_setopt(handle, OPT_USERAGENT, "plumb");
  curl.easy_setopt(handle, OPT_HTTPHEADER, list);
  curl.easy_setopt(handle, OPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (request->body) {
    curl.easy_setopt(handle, OPT_POST, 1L);
    curl.easy_setopt(handle, OPT_POSTFIELDSIZE_LARGE, (int64_t)request->body_count);
    curl.easy_setopt(handle, OPT_POSTFIELDS, request->body);
  }
  curl.easy_setopt(handle, OPT_CONNECTTIMEOUT, request->patience.connect);
  curl.easy_setopt(handle, OPT_LOW_SPEED_LIMIT, 1L);
  curl.easy_setopt(handle, OPT_LOW_SPEED_TIME, request->patience.silence);
  curl.easy_setopt(handle, OPT_TIMEOUT, request->patience.total);
  curl.easy_setopt(handle, OPT_ERRORBUFFER, message);
  curl.easy_setopt(handle, OPT_HEADERFUNCTION, on_header);
  curl.easy_setopt(handle, OPT_HEADERDATA, &receiver);
  curl.easy_setopt(handle, OPT_WRITEFUNCTION, on_body);
  curl.easy_setopt(handle, OPT_WRITEDATA, &receiver);
  int code = curl.easy_perform(handle);
  if (code != E_OK && !message[0]) snprintf(message, 256, "%s", curl.easy_strerror(code));
  curl.easy_cleanup(handle);
  curl.slist_free_all(list);

  switch (code) {
    case E_OK: return CURL_GET_DONE;
    case E_WRITE_ERROR: return CURL_GET_STOPPED;
    case E_UNSUPPORTED_PROTOCOL:
    case E_URL_MALFORMAT:
    case E_SSL_CERTPROBLEM:
    case E_PEER_FAILED_VERIFICATION:
    case E_SSL_CACERT_BADFILE: return CURL_GET_REFUSED;
    default: return CURL_GET_BROKEN;
  }
}

curl_get_result curl_get(const char *url, const char *const *headers, size_t header_count, long patience,
                         curl_get_receiver receiver, char message[256]) {
  const request request = {url, headers, header_count, NULL, 0, {patience, patience, 0}};
  return perform(&request, receiver, message);
}

curl_get_result curl_post(const char *url, const char *const *headers, size_t header_count, const char *body,
                          size_t body_count, curl_patience patience, curl_get_receiver receiver,
                          char message[256]) {
  const request request = {url, headers, header_count, body, body_count, patience};
  return perform(&request, receiver, message);
}
