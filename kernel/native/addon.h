// What the addon's parts share.
#pragma once
#include <node_api.h>

#include <cerrno>
#include <string>
#include <vector>

inline napi_value Undefined(napi_env env) {
  napi_value value;
  napi_get_undefined(env, &value);
  return value;
}

inline napi_value Throw(napi_env env, const std::string &what) {
  napi_throw_error(env, std::to_string(errno).c_str(), (what + ", got error " + std::to_string(errno)).c_str());
  return nullptr;
}

inline std::string Text(napi_env env, napi_value value) {
  size_t size = 0;
  napi_get_value_string_utf8(env, value, nullptr, 0, &size);
  std::string text(size, '\0');
  napi_get_value_string_utf8(env, value, &text[0], size + 1, &size);
  return text;
}

inline std::vector<std::string> Words(napi_env env, napi_value list) {
  uint32_t length = 0;
  napi_value element;
  std::vector<std::string> words;
  napi_get_array_length(env, list, &length);
  for (uint32_t i = 0; i < length; i++) {
    napi_get_element(env, list, i, &element);
    words.push_back(Text(env, element));
  }
  return words;
}

// How a process begins (begin.cc).
napi_value Listen(napi_env env, napi_callback_info info);
napi_value Own(napi_env env, napi_callback_info info);
napi_value Become(napi_env env, napi_callback_info info);
