/* The BLAS for large products: its routines, and how to limit it to the thread that calls it. */

#pragma once
#include <mutex>
#include <pthread.h>

extern "C" void BLAS_SGEMM(const char*, const char*, const int*, const int*, const int*,
                           const float*, const float*, const int*, const float*, const int*,
                           const float*, float*, const int*);
extern "C" void BLAS_DGEMM(const char*, const char*, const int*, const int*, const int*,
                           const double*, const double*, const int*, const double*, const int*,
                           const double*, double*, const int*);

/* As long as an object exists, the BLAS starts no work on other threads. `allowed` is the number of
   threads that it would start otherwise, and `limit` lowers that number permanently. */
#if defined(BLAS_IS_MKL)
extern "C" int MKL_Set_Num_Threads_Local(int);
extern "C" int MKL_Get_Max_Threads();
extern "C" void MKL_Set_Num_Threads(int);

class OneThread {
 public:
  static int allowed() { return MKL_Get_Max_Threads(); }
  static void limit(int most) { if (allowed() > most) MKL_Set_Num_Threads(most); }
  OneThread() : before(MKL_Set_Num_Threads_Local(1)) {}
  ~OneThread() { MKL_Set_Num_Threads_Local(before); }

 private:
  int before;
};
#elif defined(BLAS_GET_THREADS)
extern "C" int BLAS_GET_THREADS();
extern "C" void BLAS_SET_THREADS(int);

class OneThread {  /* The number belongs to the process: the first sets it, the last restores it. */
 public:
  static int allowed() {
    std::lock_guard<std::mutex> lock(state().mutex);
    return state().users ? state().before : BLAS_GET_THREADS();
  }

  static void limit(int most) {
    std::lock_guard<std::mutex> lock(state().mutex);
    if (state().users) state().before = state().before < most ? state().before : most;
    else if (BLAS_GET_THREADS() > most) BLAS_SET_THREADS(most);
  }

  OneThread() {
    std::lock_guard<std::mutex> lock(state().mutex);
    if (state().users++) return;
    state().before = BLAS_GET_THREADS();
    BLAS_SET_THREADS(1);
  }

  ~OneThread() {
    std::lock_guard<std::mutex> lock(state().mutex);
    if (!--state().users) BLAS_SET_THREADS(state().before);
  }

 private:
  struct State {
    std::mutex mutex;
    int users = 0, before = 1;

    /* In a child process of fork, the threads that hold the lock do not exist. */
    State() {
      pthread_atfork([] { state().mutex.lock(); }, [] { state().mutex.unlock(); }, [] {
        state().users = 0;
        state().mutex.unlock();
      });
    }
  };

  static State& state() {
    static State one;
    return one;
  }
};
#else
struct OneThread {
  static int allowed() { return 1; }
  static void limit(int) {}
};
#endif
