"""Runtime `openvino`: a checkpoint becomes int8/int4 OpenVINO weights that Triton serves on CPU."""
