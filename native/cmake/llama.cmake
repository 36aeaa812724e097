# The target llama_cpp: headers and ready-built libraries of ggml and llama.cpp. The file names carry the GPU backend
# and the release (libllama.vulkan.v0.5.0.so), so they are found by pattern.
foreach(folder HOTSET_LLAMA_SOURCE HOTSET_LLAMA_LIBRARIES)
  if(NOT IS_DIRECTORY "${${folder}}")
    message(FATAL_ERROR "${folder} is not a folder: build with `npm run build:native`")
  endif()
endforeach()

if(WIN32)
  # A DLL is linked through an import library, and the platform packages carry none.
  message(FATAL_ERROR "Building on Windows needs import libraries of ggml and llama.cpp, which are not made yet")
endif()

function(hotset_find_llama_library variable)
  set(patterns)
  foreach(pattern ${ARGN})
    list(APPEND patterns "${HOTSET_LLAMA_LIBRARIES}/${pattern}${CMAKE_SHARED_LIBRARY_SUFFIX}")
  endforeach()
  file(GLOB found ${patterns})
  list(LENGTH found count)
  if(NOT count EQUAL 1)
    message(FATAL_ERROR "${HOTSET_LLAMA_LIBRARIES} must hold one library like ${ARGN}, it holds ${count}: run `npm ci`")
  endif()
  set(${variable} "${found}" PARENT_SCOPE)
endfunction()

hotset_find_llama_library(ggml_base libggml-base)
hotset_find_llama_library(ggml libggml.* libggml)
hotset_find_llama_library(llama libllama.* libllama)

add_library(llama_cpp INTERFACE)
target_include_directories(llama_cpp SYSTEM INTERFACE
  "${HOTSET_LLAMA_SOURCE}/include" "${HOTSET_LLAMA_SOURCE}/ggml/include" "${HOTSET_LLAMA_SOURCE}/src")
target_link_libraries(llama_cpp INTERFACE "${llama}" "${ggml}" "${ggml_base}")
