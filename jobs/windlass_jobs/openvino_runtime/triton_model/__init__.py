"""The Triton model: the modules here are copied beside each engine and run inside Triton's python backend.

They import each other relatively, and otherwise only the standard library, numpy and OpenVINO GenAI: a
Triton server has no other part of Windlass.
"""
