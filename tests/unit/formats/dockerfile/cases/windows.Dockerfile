# escape=`
# check=skip=all

FROM mcr.microsoft.com/windows/servercore:ltsc2022
SHELL ["powershell", "-Command"]
RUN Invoke-WebRequest https://example.org/python.exe -OutFile c:\python.exe ; `
    Start-Process c:\python.exe -Wait
WORKDIR c:\app
COPY . c:\app\
CMD python c:\app\main.py
