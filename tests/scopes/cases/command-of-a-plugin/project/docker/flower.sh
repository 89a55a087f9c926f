#!/bin/sh
CMD="celery -A work --broker ${BROKER} flower --max-tasks=1000"
if [ "$DEBUG" = 1 ]; then
    ${CMD} --debug
else
    ${CMD}
fi
