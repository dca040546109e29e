// What C code prints: pipes in place of the file descriptors 1 and 2 of this process. One thread reads them, all others may
// ask how much was printed so far, so that it can be put in order with what JavaScript prints.
#include <fcntl.h>
#include <node_api.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "addon.h"

namespace {

struct Stream {
  int target;     // the file descriptor that C code prints on
  int out = -1;   // the pipe's end to read from
  int saved = -1; // where it went before
  double taken = 0; // how many bytes were read
};

Stream streams[] = {{1}, {2}};
// Never destroyed: the process may end while a thread waits, and would wait for that.
std::mutex &mutex = *new std::mutex; // of what is taken
std::mutex &turn = *new std::mutex;
std::condition_variable &turned = *new std::condition_variable;
bool armed = false;
std::atomic<bool> released{false};

napi_value Numbers(napi_env env, double first, double second) {
  napi_value array, value;
  napi_create_array_with_length(env, 2, &array);
  napi_create_double(env, first, &value);
  napi_set_element(env, array, 0, value);
  napi_create_double(env, second, &value);
  napi_set_element(env, array, 1, value);
  return array;
}

// Prints what nobody has read where it would have gone before. Calls only what a signal's handler may.
void Drain() {
  char bytes[4096];
  for (const Stream &stream : streams) {
    if (stream.out < 0) continue;
    for (ssize_t count; (count = read(stream.out, bytes, sizeof(bytes))) > 0;)
      for (ssize_t at = 0, wrote; at < count && (wrote = write(stream.saved, bytes + at, count - at)) > 0;) at += wrote;
  }
}

// What was read of descriptor 2 within the last second.
char recent[1 << 16];
size_t recent_size = 0;
time_t recent_time = 0;

time_t Now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

void Remember(const std::vector<char> &bytes) {
  const time_t now = Now();
  const size_t count = std::min(bytes.size(), sizeof(recent));
  if (now > recent_time + 1 || recent_size + count > sizeof(recent)) recent_size = 0;
  std::copy(bytes.end() - count, bytes.end(), recent + recent_size);
  recent_size += count;
  recent_time = now;
}

// Either reads and remembers, or crashes: whoever comes second sees the other.
std::atomic<bool> reading{false}, crashed{false};
thread_local bool is_reader = false; // under way in this thread, which may be the one that crashes

// From what is read to what is remembered.
class Reading {
 public:
  Reading() { is_reader = reading = true; }
  ~Reading() { is_reader = reading = false; }
};

// The last words of a process that crashes, such as V8's when memory is out, would be lost in its own pipe, or on their way
// from there to the front end.
void OnCrash(int number) {
  crashed = true;
  const timespec millisecond = {0, 1000000};
  for (int i = 0; i < 500 && reading && !is_reader; i++) nanosleep(&millisecond, nullptr);
  if (Now() <= recent_time + 1 && write(streams[1].saved, recent, recent_size) < 0) {
    // nobody reads it
  }
  Drain();
  signal(number, SIG_DFL);
  raise(number);
}

void HearCrashes() {
  struct sigaction action = {};
  action.sa_handler = OnCrash;
  for (int number : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP}) {
    struct sigaction before = {};
    sigaction(number, nullptr, &before);
    if (before.sa_handler == SIG_DFL && !(before.sa_flags & SA_SIGINFO)) sigaction(number, &action, nullptr);
  }
}

// capture() -> where 1 and 2 went before. Called again it only says that.
napi_value Capture(napi_env env, napi_callback_info) {
  if (streams[0].out < 0) {
    for (Stream &stream : streams) {
      int ends[2];
      stream.saved = fcntl(stream.target, F_DUPFD_CLOEXEC, 3);
      if (stream.saved < 0 || pipe(ends) < 0) return Throw(env, "Cannot capture descriptor " + std::to_string(stream.target) + ": expected a pipe");
      for (int end : ends) fcntl(end, F_SETFD, FD_CLOEXEC);
      fcntl(ends[0], F_SETFL, O_NONBLOCK);
#ifdef F_SETPIPE_SZ
      fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
#endif
      dup2(ends[1], stream.target);
      close(ends[1]);
      stream.out = ends[0];
    }
    setvbuf(stdout, nullptr, _IOLBF, 0); // into a pipe, printf() would wait for 4 KB
    HearCrashes();
    atexit(Drain);
  }
  return Numbers(env, streams[0].saved, streams[1].saved);
}

// written() -> how many bytes were printed on 1 and 2 so far.
napi_value Written(napi_env env, napi_callback_info) {
  const std::lock_guard<std::mutex> lock(mutex);
  int waiting[2] = {0, 0};
  for (int i = 0; i < 2; i++) ioctl(streams[i].out, FIONREAD, &waiting[i]);
  return Numbers(env, streams[0].taken + waiting[0], streams[1].taken + waiting[1]);
}

// read(index, upTo) -> the bytes that were not read yet, up to that many in all.
napi_value Read(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value args[2], buffer;
  int32_t index = 0;
  double up_to = 0;
  napi_get_cb_info(env, info, &count, args, nullptr, nullptr);
  napi_get_value_int32(env, args[0], &index);
  napi_get_value_double(env, args[1], &up_to);
  Stream &stream = streams[index == 0 ? 0 : 1];
  std::vector<char> bytes;
  {
    const std::lock_guard<std::mutex> lock(mutex);
    const Reading now;
    if (up_to > stream.taken && !crashed) {
      bytes.resize(static_cast<size_t>(up_to - stream.taken));
      const ssize_t got = read(stream.out, bytes.data(), bytes.size());
      bytes.resize(got > 0 ? got : 0);
      stream.taken += bytes.size();
      if (index == 1) Remember(bytes);
    }
  }
  napi_create_buffer_copy(env, bytes.size(), bytes.data(), nullptr, &buffer);
  return buffer;
}

// Waits for something to read and tells it, once each time it is armed.
void Watch(napi_threadsafe_function tell) {
  for (;;) {
    {
      std::unique_lock<std::mutex> lock(turn);
      turned.wait(lock, [] { return armed; });
      armed = false;
    }
    pollfd ends[] = {{streams[0].out, POLLIN, 0}, {streams[1].out, POLLIN, 0}};
    while (poll(ends, 2, -1) < 0 && errno == EINTR) {
    }
    if (released) return; // its end of the pipes was closed: the process ends
    if (napi_call_threadsafe_function(tell, nullptr, napi_tsfn_nonblocking) != napi_ok) return; // the thread has ended
  }
}

// arm(): the function of watch() is called once when there is something to read.
napi_value Arm(napi_env env, napi_callback_info) {
  const std::lock_guard<std::mutex> lock(turn);
  armed = true;
  turned.notify_one();
  return Undefined(env);
}

// watch(function)
napi_value StartWatch(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value function, name;
  napi_threadsafe_function tell;
  napi_get_cb_info(env, info, &count, &function, nullptr, nullptr);
  napi_create_string_utf8(env, "slimlab.descriptors", NAPI_AUTO_LENGTH, &name);
  if (napi_create_threadsafe_function(env, function, nullptr, name, 0, 1, nullptr, nullptr, nullptr, nullptr, &tell) != napi_ok)
    return Throw(env, "Cannot watch descriptors: expected a function");
  napi_unref_threadsafe_function(env, tell);
  std::thread(Watch, tell).detach();
  return Undefined(env);
}

// release(): 1 and 2 go where they went before, and so does what nobody has read.
napi_value Release(napi_env env, napi_callback_info) {
  released = true;
  for (const Stream &stream : streams)
    if (stream.saved >= 0) dup2(stream.saved, stream.target);
  Drain();
  return Undefined(env);
}

}  // namespace

extern "C" NAPI_MODULE_EXPORT napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  const napi_property_descriptor methods[] = {
      {"capture", nullptr, Capture, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"written", nullptr, Written, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"read", nullptr, Read, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"watch", nullptr, StartWatch, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"arm", nullptr, Arm, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"release", nullptr, Release, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"listen", nullptr, Listen, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"own", nullptr, Own, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"become", nullptr, Become, nullptr, nullptr, nullptr, napi_enumerable, nullptr}};
  napi_define_properties(env, exports, sizeof(methods) / sizeof(methods[0]), methods);
  return exports;
}
