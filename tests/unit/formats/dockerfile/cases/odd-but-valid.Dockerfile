
   # indented comment
	FROM scratch as base
run echo  one  \

    # a comment, then a blank line, then the rest
    	two   \  
    && echo '#' not a comment
ARG a b=2 c="3 4"
Env key value with  spaces 
ENV empty= other=x
label a.b=c
Cmd   [ "a" ,
copy a	b   /c/
ONBUILD RUN --network=none make \
    all
ONBUILD COPY --chown=1 . /src
MAINTAINER Someone <someone@example.org>
expose 80/tcp   443
HealthCheck none
HEALTHCHECK --retries=3 CMD ["test", "-f", "/ok"]
RUN ["sh", "-c", "echo \"quoted\" && echo é"]
RUN
# the end \
