#pragma once
#include <stddef.h>
#include <stdint.h>

// One HTTP GET or POST through the machine's libcurl.
//
// The library is looked up when the first request is made, so nothing is linked: a command that needs no network
// does not pay for loading it, and no header of it is needed to build. Its option numbers and its calling
// convention have been stable since 7.1 (2000).

typedef enum {
  CURL_GET_DONE = 0,
  // There is no libcurl on this machine.
  CURL_GET_NO_LIBRARY = 1,
  // The connection failed or broke; `message` says how. Worth another try.
  CURL_GET_BROKEN = 2,
  // A callback asked to stop.
  CURL_GET_STOPPED = 3,
  // The address or the protocol is not one that can be fetched, or the server is not who it says it is.
  CURL_GET_REFUSED = 4,
} curl_get_result;

// What receives the answer. Each returns 0 to stop.
typedef struct {
  void *context;
  // One header line with its line end; the status line comes first.
  int (*header)(void *context, const char *bytes, size_t count);
  // A run of the body.
  int (*body)(void *context, const char *bytes, size_t count);
} curl_get_receiver;

// Whether there is a libcurl on this machine; it is loaded to see.
int curl_is_available(void);

// Fetches `url` without following redirections. `headers` holds `header_count` lines "Name: value". A server that
// stays silent for `patience` seconds counts as a broken connection.
curl_get_result curl_get(const char *url, const char *const *headers, size_t header_count, long patience,
                         curl_get_receiver receiver, char message[256]);

// Seconds after which a request counts as broken; 0 is no limit.
typedef struct {
  // Without a connection.
  long connect;
  // Without a byte in either direction.
  long silence;
  // In all.
  long total;
} curl_patience;

// Sends `body` to `url`, without following redirections. The body is not copied, and must not be null.
curl_get_result curl_post(const char *url, const char *const *headers, size_t header_count, const char *body,
                          size_t body_count, curl_patience patience, curl_get_receiver receiver,
                          char message[256]);
