# fakeapi in a container: docker build -t fakeapi . && docker run --rm -p 4010:4010 fakeapi
FROM python:3.11.14-slim-bookworm

COPY . /src
RUN pip install --no-cache-dir /src && rm -rf /src && useradd --system --uid 10001 fakeapi

USER fakeapi
ENV FAKEAPI_HOST=0.0.0.0 FAKEAPI_PORT=4010 PYTHONUNBUFFERED=1
EXPOSE 4010
HEALTHCHECK --interval=10s --timeout=3s --start-period=3s CMD ["fakeapi", "health"]
CMD ["fakeapi", "serve"]
