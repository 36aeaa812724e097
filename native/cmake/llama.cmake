# The target llama_cpp: headers and ready-built libraries of ggml and llama.cpp. The file names carry the GPU backend
# and the release (libllama.vulkan.v0.5.0.so), so they are found by pattern.
foreach(folder HOTSET_LLAMA_SOURCE HOTSET_LLAMA_LIBRARIES)
  if(NOT IS_DIRECTORY "${${folder}}")
    message(FATAL_ERROR "${folder} is not a folder: build with `npm run build:native`")
  endif()
endforeach()

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

hotset_find_llama_library(ggml_base libggml-base ggml-base)
hotset_find_llama_library(ggml libggml.* libggml ggml.v* ggml)
hotset_find_llama_library(llama libllama.* libllama llama.v* llama)

# Microsoft's linker wants an import library for each DLL; the packages carry none. scripts/dll-exports.mjs has listed
# what they export, in HOTSET_LLAMA_DEFINITIONS.
function(hotset_make_import_library variable)
  get_filename_component(name "${${variable}}" NAME)
  set(library "${CMAKE_BINARY_DIR}/${name}.lib")
  execute_process(COMMAND ${CMAKE_AR} "/def:${HOTSET_LLAMA_DEFINITIONS}/${name}.def" "/out:${library}" /machine:x64 /nologo
                  COMMAND_ERROR_IS_FATAL ANY)
  set(${variable} "${library}" PARENT_SCOPE)
endfunction()

if(MSVC)
  foreach(library llama ggml ggml_base)
    hotset_make_import_library(${library})
  endforeach()
endif()

add_library(llama_cpp INTERFACE)
target_include_directories(llama_cpp SYSTEM INTERFACE
  "${HOTSET_LLAMA_SOURCE}/include" "${HOTSET_LLAMA_SOURCE}/ggml/include" "${HOTSET_LLAMA_SOURCE}/src")
target_link_libraries(llama_cpp INTERFACE "${llama}" "${ggml}" "${ggml_base}")
