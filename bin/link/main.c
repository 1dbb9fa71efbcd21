// The entry of the program that is installed, which is plumb and plumb-server in one: both share Swift's runtime, Foundation and
// most of Plumb. The name that it is called by says which one is meant; `plumb serve` calls itself by the other one.
#include <string.h>
#include <unistd.h>

#ifdef PORTABLE
// Debian's libarchive asks for this function of glibc 2.36, in vain: it encrypts no zip file. With this one the program runs on 2.35,
// which is Ubuntu 22.04's.
void arc4random_buf(void *bytes, size_t count) {
  if (getentropy(bytes, count)) __builtin_trap();
}
#endif

// SwiftPM gives the entry of a module NAME this name.
int plumb_main(int count, char **arguments);
int plumb_server_main(int count, char **arguments);

int main(int count, char **arguments) {
  const char *name = count > 0 ? arguments[0] : "";
  const char *slash = strrchr(name, '/');
  if (slash != NULL) name = slash + 1;
  if (strcmp(name, "plumb-server") == 0) return plumb_server_main(count, arguments);
  if (count > 1 && strcmp(arguments[1], "serve") == 0) {
    char server[] = "plumb-server", *command = arguments[1];
    arguments[1] = server;
    execv("/proc/self/exe", arguments + 1);
    arguments[1] = command;
  }
  return plumb_main(count, arguments);
}
