"""Theano's correlations for the GPU, which are the same operations as for the CPU."""

from __future__ import annotations

from autoenc.theano.ops.corr import (
    Corr3dMM,
    Corr3dMM_gradInputs,
    Corr3dMM_gradWeights,
    CorrMM,
    CorrMM_gradInputs,
    CorrMM_gradWeights,
)

GpuCorrMM = CorrMM
GpuCorrMM_gradWeights = CorrMM_gradWeights
GpuCorrMM_gradInputs = CorrMM_gradInputs
GpuCorr3dMM = Corr3dMM
GpuCorr3dMM_gradWeights = Corr3dMM_gradWeights
GpuCorr3dMM_gradInputs = Corr3dMM_gradInputs
