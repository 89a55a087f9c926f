import boto3, pytest
