/* Threads that share the chunks of a job; jobs run one after the other.

   The caller works, too. It waits for chunks that have been started, not for threads, so a thread
   that the system does not schedule delays nobody. In OpenMP, teams wait for each of their threads,
   and a second busy process makes small products ten times as slow.

   All threads compute in the caller's floating-point state, so results do not depend on who takes
   a chunk. */

#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <vector>
#include <pthread.h>
#include <sched.h>

#include "floating_point.h"

class Workers {
 public:
  typedef void (*Work)(const void* what, int chunk);

  /* Number of threads, including the caller's. */
  static int count() {
    Workers* workers = get();
    return workers ? workers->n_threads + 1 : 1;
  }

  /* Limits the number of threads, including the caller's; call it before they are started. */
  static void limit_threads(int most) { most_threads().store(most); }

  /* Calls work(what, chunk) for all chunks from 0 on, in any order. */
  static void share(int n_chunks, Work work, const void* what) {
    Workers* workers = n_chunks > 1 ? get() : nullptr;
    if (!workers || !workers->n_threads || !workers->busy.try_lock()) {
      for (int chunk = 0; chunk < n_chunks; chunk++) work(what, chunk);
      return;
    }
    workers->run(n_chunks, work, what);
    workers->busy.unlock();
  }

 private:
  static constexpr int SPINS = 30000;  /* of at most 0.1 microseconds each, before threads sleep */

  /* Number of the job, and the number of the thread's own chunks that nobody has taken. */
  struct alignas(64) Share {
    std::atomic<uint64_t> job_and_left{0};
  };

  int n_threads = 0;  /* without the caller */
  std::vector<Share> shares;
  std::mutex busy, asleep_mutex;
  std::condition_variable wake;
  std::atomic<int> n_asleep{0}, n_unfinished{0};
  std::atomic<uint64_t> job{0};  /* the job that was started last */
  int n_chunks = 0;
  Work work = nullptr;
  const void* what = nullptr;
  FloatingPoint::State state = 0;

  /* Starts as many threads as the system allows; a container's limit may be reached at any time. */
  explicit Workers(int n) : shares(n + 1) {
    try {
      for (int i = 1; i <= n; i++, n_threads++) std::thread([this, i] { serve(i); }).detach();
    } catch (const std::system_error&) {
    }
  }

  /* The workers of this process: a child of fork has none of its parent's threads. */
  static std::atomic<Workers*>& current() {
    static std::atomic<Workers*> workers{nullptr};
    return workers;
  }

  static Workers* get() {
    static std::once_flag once;
    std::call_once(once, [] {
      pthread_atfork(nullptr, nullptr, [] { current().store(nullptr); });
    });
    static std::mutex making;
    if (!current().load() && making.try_lock()) {
      try {
        if (!current().load()) current().store(new Workers(n_cores() - 1));
      } catch (const std::bad_alloc&) {  /* the caller then works alone */
      }
      making.unlock();
    }
    return current().load();
  }

  /* Number of processors that this process may use, limited by `limit_threads`. */
  static int n_cores() {
    cpu_set_t cores;
    int n = sched_getaffinity(0, sizeof cores, &cores) ? 1 : CPU_COUNT(&cores);
    int limit = most_threads().load();
    return limit > 0 && limit < n ? limit : n;
  }

  static std::atomic<int>& most_threads() {
    static std::atomic<int> most{0};
    return most;
  }

  static int left(uint64_t share) { return (int)(share & 0xffffffff); }

  int begin_of(int thread) const { return (int)((long)n_chunks * thread / (n_threads + 1)); }

  void run(int chunks, Work new_work, const void* new_what) {
    work = new_work;
    what = new_what;
    n_chunks = chunks;
    state = FloatingPoint::get();
    n_unfinished.store(chunks);
    uint64_t next = job.load() + 1;
    for (int i = 0; i <= n_threads; i++)
      shares[i].job_and_left.store(next << 32 | (uint32_t)(begin_of(i + 1) - begin_of(i)));
    job.store(next);  /* after all shares are set, so that no thread takes chunks too early */
    if (n_asleep.load()) {
      std::lock_guard<std::mutex> lock(asleep_mutex);
      wake.notify_all();
    }
    help(0);
    for (int spin = 0; n_unfinished.load(); spin++) rest(spin);
  }

  /* Takes chunks as long as there are any, the thread's own first: the same part of a matrix is
     then in the same core's cache in every job. */
  void help(int thread) {
    for (int i = 0; i <= n_threads; i++) take((thread + i) % (n_threads + 1));
  }

  /* A chunk that has been taken keeps the job from ending, so everything that is read afterwards
     belongs to this job. */
  void take(int owner) {
    std::atomic<uint64_t>& share = shares[owner].job_and_left;
    uint64_t seen = share.load();
    while (left(seen))
      if (share.compare_exchange_weak(seen, seen - 1)) {
        FloatingPoint::set(state);
        work(what, begin_of(owner) + left(seen) - 1);
        n_unfinished.fetch_sub(1);
        seen = share.load();
      }
  }

  void serve(int thread) {
    for (uint64_t done = 0;;) {
      for (int spin = 0; job.load() == done; spin++) {
        if (spin < SPINS) {
          rest(0);
          continue;
        }
        std::unique_lock<std::mutex> lock(asleep_mutex);
        n_asleep.fetch_add(1);
        wake.wait(lock, [this, done] { return job.load() != done; });
        n_asleep.fetch_sub(1);
      }
      done = job.load();
      help(thread);
    }
  }

  static void rest(int spin) {
    if (spin > SPINS)
      sched_yield();
    else
#if defined(__x86_64__)
      __builtin_ia32_pause();
#else
      std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
  }
};
