#!/bin/sh
echo demo_api
