/* Products of matrices of float32. */

#include "gemm.h"
