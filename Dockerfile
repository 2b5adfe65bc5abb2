# docker build -t parley .
# docker run -p 8080:8080 -v parley:/data parley serve --listen 0.0.0.0:8080 ...
#
# Inside a container the server must listen on more than loopback, and then it
# refuses to start without identity. Which identity, or --allow-anonymous, is the
# operator's decision, so there is no default command beyond `serve`: without
# arguments it prints what is missing and exits.
FROM golang:1.26.8 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -C cmd/parley -trimpath -buildvcs=false -ldflags="-s -w" -o /out/parley . \
 && mkdir /out/data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/parley /usr/local/bin/parley
COPY --from=build --chown=nonroot:nonroot /out/data /data
ENV PARLEY_LISTEN=0.0.0.0:8080 PARLEY_DATA_DIR=/data
EXPOSE 8080 8081
VOLUME /data
ENTRYPOINT ["parley"]
CMD ["serve"]
