// How a kernel's process begins: it listens before all else, and becomes another program that goes on to.
#include "addon.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

// listen(address, port) -> a descriptor that listens there as ZeroMQ's would, at an IPv4 address.
napi_value Listen(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value args[2], descriptor;
  napi_get_cb_info(env, info, &count, args, nullptr, nullptr);
  uint32_t port = 0;
  napi_get_value_uint32(env, args[1], &port);
  const std::string host = Text(env, args[0]);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) return Throw(env, "Cannot listen at " + host + ": expected an IPv4 address");
  const int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (bind(fd, reinterpret_cast<sockaddr *>(&address), sizeof(address)) < 0 || listen(fd, 100) < 0) {
    const int error = errno;
    close(fd);
    errno = error;
    return Throw(env, "Cannot listen at " + host + ":" + std::to_string(port));
  }
  napi_create_int32(env, fd, &descriptor);
  return descriptor;
}

// own(descriptors): children do not get them.
napi_value Own(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value args[1];
  napi_get_cb_info(env, info, &count, args, nullptr, nullptr);
  for (const std::string &word : Words(env, args[0])) fcntl(std::stoi(word), F_SETFD, FD_CLOEXEC);
  return Undefined(env);
}

// become(path, argv, descriptors): another program in place of this one, in the same process, which has these descriptors
// as well as the standard ones. Returns only if that fails.
napi_value Become(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value args[3];
  napi_get_cb_info(env, info, &count, args, nullptr, nullptr);
  std::vector<std::string> words = Words(env, args[1]);
  std::vector<char *> argv;
  for (std::string &word : words) argv.push_back(&word[0]);
  argv.push_back(nullptr);
  const std::string path = Text(env, args[0]);
  for (int kept : {0, 1, 2}) fcntl(kept, F_SETFD, 0); // Node has all that it was given closed
  for (const std::string &word : Words(env, args[2])) fcntl(std::stoi(word), F_SETFD, 0);
  execv(path.c_str(), argv.data());
  return Throw(env, "Cannot run " + path + ": expected a program");
}
