/* Products of matrices of float64. */

#define DOUBLE_PRECISION
#include "gemm.h"
