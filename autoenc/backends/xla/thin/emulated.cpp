// Runs the kernel with one thread of the CPU for each thread of the GPU, for tests, not training.

extern "C" void thin_block_emulated(const void* arguments) {
  const Arguments packed = *static_cast<const Arguments*>(arguments);
  CTAS.clear();
  for (int g = 0; g < G; ++g) {
    auto cta = std::make_unique<Cta>();
    // Not zero, so that reading a value before it is written has a visible effect.
    cta->mem.assign(sizeof(Shared), 0x7f);
    cta->b = std::make_unique<std::barrier<>>(T);
    for (int w = 0; w < T / 32; ++w) cta->w.push_back(std::make_unique<Warp>());
    CTAS.push_back(std::move(cta));
  }
  std::vector<std::thread> threads;
  for (int g = 0; g < G; ++g)
    for (int t = 0; t < T; ++t)
      threads.emplace_back([=] {
        BLOCK = g;
        THREAD = t;
        thin_block(packed);
      });
  for (auto& thread : threads) thread.join();
}
