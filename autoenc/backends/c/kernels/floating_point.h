/* The state of a thread that determines how the processor computes with floating-point numbers.

   Processors compute with subnormal numbers, those below 1e-38 in single precision, up to a hundred
   times more slowly than with others. In a state that flushes them, they count as zero. */

#pragma once
#include <cstdint>

class FloatingPoint {
 public:
  typedef uint64_t State;

#if defined(__x86_64__)
  static State get() { return __builtin_ia32_stmxcsr(); }
  static void set(State state) { __builtin_ia32_ldmxcsr((unsigned)state); }
  static State flushing(State state) { return state | 0x8000 | 0x40; }  /* of results, of operands */
#elif defined(__aarch64__)
  static State get() {
    State state;
    __asm__ volatile("mrs %0, fpcr" : "=r"(state));
    return state;
  }
  static void set(State state) { __asm__ volatile("msr fpcr, %0" : : "r"(state)); }
  static State flushing(State state) { return state | 1 << 24; }
#else
  static State get() { return 0; }
  static void set(State) {}
  static State flushing(State state) { return state; }
#endif
};
