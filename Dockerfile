# docker build -t parley .
# docker run --rm -p 127.0.0.1:8080:8080 -v parley:/data parley serve --allow-anonymous
#
# Inside a container the server must listen on more than loopback, and then it
# refuses to start unless told --allow-anonymous: this version has no
# authentication, so whoever reaches the port may do everything. The operator has
# to say so, and the line above publishes the port on this machine only. Without
# arguments the server prints what is missing and exits.
#
# The admin listener stays on the container's loopback, where `docker exec
# CONTAINER parley backup DIRECTORY` reaches it. To publish its metrics, add
# --admin-listen 0.0.0.0:8081 and -p 127.0.0.1:8081:8081.
FROM golang:1.26.8 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -C cmd/parley -trimpath -buildvcs=false -ldflags="-s -w" -o /out/parley . \
 && mkdir /out/data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/parley /usr/local/bin/parley
COPY --from=build --chown=nonroot:nonroot /out/data /data
ENV PARLEY_LISTEN=0.0.0.0:8080 PARLEY_DATA_DIR=/data
EXPOSE 8080
VOLUME /data
ENTRYPOINT ["parley"]
CMD ["serve"]
