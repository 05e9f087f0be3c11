# kojudge on vLLM's own image:
#
#   docker build -t kojudge .
#   docker run --rm --gpus all --ipc=host -e OPENAI_API_KEY \
#     -v ~/.cache/huggingface:/root/.cache/huggingface -v "$PWD/outputs:/work/outputs" \
#     kojudge run my-org/my-model --judge gpt-4o
#
# The tag is the release of vLLM that the tests run (on a CPU). See docs/serving.md.

FROM python:3.12-slim AS wheel
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY judge judge
COPY templates templates
COPY questions questions
COPY outputs/samples outputs/samples
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM vllm/vllm-openai:v0.32.0
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels uv pip install --system --no-cache /wheels/*.whl
WORKDIR /work
ENTRYPOINT ["kojudge"]
CMD ["--help"]
