/** Behind the static data of this module, which begins at STATIC_BASE (shared/layout.ts). */
export function staticEnd(): usize {
  return __heap_base;
}
