#include "own_folder.h"

#include "error.h"

#if defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace hotset::addon {

#if defined(_WIN32)
std::filesystem::path own_folder() {
  HMODULE module = nullptr;
  wchar_t path[32768];
  constexpr DWORD kFlags =
      GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
  const auto address = reinterpret_cast<LPCWSTR>(&own_folder);
  if (!GetModuleHandleExW(kFlags, address, &module) ||
      GetModuleFileNameW(module, path, std::size(path)) == 0) {
    throw Error(ErrorKind::kInternal, "Windows does not tell where hotset.node lies");
  }
  return std::filesystem::path(path).parent_path();
}
#else
std::filesystem::path own_folder() {
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(&own_folder), &info) == 0 || info.dli_fname == nullptr) {
    throw Error(ErrorKind::kInternal, "the system does not tell where hotset.node lies");
  }
  return std::filesystem::absolute(info.dli_fname).parent_path();
}
#endif

}  // namespace hotset::addon
