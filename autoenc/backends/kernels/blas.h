/* The BLAS that large products go to: its routine, and how to keep it to the thread that calls it. */

#pragma once
#include <mutex>

extern "C" void BLAS_SGEMM(const char*, const char*, const int*, const int*, const int*,
                           const float*, const float*, const int*, const float*, const int*,
                           const float*, float*, const int*);

/* While there is one, the BLAS starts no work on other threads. */
#if defined(BLAS_IS_MKL)
extern "C" int MKL_Set_Num_Threads_Local(int);

class OneThread {
 public:
  static constexpr bool POSSIBLE = true;
  OneThread() : before(MKL_Set_Num_Threads_Local(1)) {}
  ~OneThread() { MKL_Set_Num_Threads_Local(before); }

 private:
  int before;
};
#elif defined(BLAS_GET_THREADS)
extern "C" int BLAS_GET_THREADS();
extern "C" void BLAS_SET_THREADS(int);

class OneThread {  /* of all threads: the last one gives it back */
 public:
  static constexpr bool POSSIBLE = true;

  OneThread() {
    std::lock_guard<std::mutex> lock(mutex());
    if (users()++) return;
    before() = BLAS_GET_THREADS();
    BLAS_SET_THREADS(1);
  }

  ~OneThread() {
    std::lock_guard<std::mutex> lock(mutex());
    if (!--users()) BLAS_SET_THREADS(before());
  }

 private:
  static std::mutex& mutex() { static std::mutex one; return one; }
  static int& users() { static int n = 0; return n; }
  static int& before() { static int n = 1; return n; }
};
#else
struct OneThread {
  static constexpr bool POSSIBLE = false;
};
#endif
