FROM alpine:3.20
RUN apk add --no-cache --virtual .build gcc musl-dev \
 && pip install a \
 && apk del .build
CMD ["a"]