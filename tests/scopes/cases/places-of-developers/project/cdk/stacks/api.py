from cloud_parts import Stack
